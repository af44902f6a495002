package org.rlr.tensor;

import org.jspecify.annotations.Nullable;

/** The machine lacks something that would be there on a larger one or at another time. */
public final class ResourceException extends RlrException {
    private static final long serialVersionUID = 1L;

    /** The kind of thing that is short. */
    public enum Resource {
        /** Memory of the heap or of a device. */
        MEMORY,
        /** Space on a disk, or a file or folder that cannot be written. */
        DISK,
        /** A file that a server should give. */
        NETWORK,
        /** A place in a service that does as many calls at once as it is allowed to; a later call may get one. */
        CAPACITY,
        /** A card, a driver, a library or a module of Java that a backend or its kernels need. */
        BACKEND
    }

    private final Resource resource;

    /**
     * A shortage.
     *
     * @param resource the kind of thing that is short
     * @param message how much was asked for and how much there is
     * @param remedy what to do
     * @param cause the exception behind it, if there is one
     */
    public ResourceException(Resource resource, String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
        this.resource = resource;
    }

    /**
     * An {@link OutOfMemoryError} as an error of this library. Backends throw theirs as this. Where other threads have
     * taken the whole heap, any small object may be the one that fails, in the code between calls of a backend too: an
     * entry point catches the error once its scopes are closed, and throws this.
     *
     * @param numbers what uses or wants how much, as in {@code "12 MiB more were wanted"}
     * @param cause says which memory is short, as in {@code "Java heap space"}
     * @return a shortage of memory, with the size of the heap and what to do
     */
    public static ResourceException outOfMemory(String numbers, OutOfMemoryError cause) {
        return new ResourceException(
                Resource.MEMORY,
                "out of memory (" + cause.getMessage() + "): " + numbers + ", the Java heap may grow to "
                        + (Runtime.getRuntime().maxMemory() >> 20) + " MiB",
                "compute fewer images at once, lower `batchSize` or `imageSize`, or raise the heap with java -Xmx",
                cause);
    }

    /** {@return the kind of thing that is short} */
    public Resource resource() {
        return resource;
    }
}
