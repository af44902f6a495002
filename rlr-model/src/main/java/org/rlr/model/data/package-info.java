/**
 * Images and data sets: decoding, resizing and normalising pictures as the method expects them, and the folder layouts
 * that hold them.
 */
package org.rlr.model.data;
