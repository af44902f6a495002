/** Published weights of backbones: where they are, downloading them, and the folder that keeps them. */
package org.rlr.model.weights;
