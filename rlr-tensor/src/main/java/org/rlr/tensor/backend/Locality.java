package org.rlr.tensor.backend;

/** The keys that a query may attend to, relative to the window around its grid position. */
public enum Locality {
    /** Only keys inside the window. */
    INSIDE,
    /** Only keys outside the window. */
    OUTSIDE,
    /** Every key. */
    ALL
}
