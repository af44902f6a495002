/**
 * Defects made of normal images alone: labelled data to choose settings on, where test images must not be looked at and
 * real defects are lacking.
 */
package org.rlr.model.synthetic;
