/**
 * A data set out of nothing: pictures of products and of their defects, drawn by formulas, for trying everything out
 * without data.
 */
package org.rlr.model.demo;
