package org.rlr.tensor;

import org.jspecify.annotations.Nullable;

/** The machine lacks a resource, such as memory, disk space or a GPU; a larger machine or a later time may have it. */
public final class ResourceException extends RlrException {
    private static final long serialVersionUID = 1L;

    /** The kind of resource that is missing. */
    public enum Resource {
        /** Heap or device memory. */
        MEMORY,
        /** Disk space, or a file or folder that cannot be written. */
        DISK,
        /** A file from a server. */
        NETWORK,
        /** A free slot in a service that already runs its maximum number of calls; retry later. */
        CAPACITY,
        /** A GPU, driver, library or Java module that a backend or its kernels need. */
        BACKEND
    }

    private final Resource resource;

    /**
     * A missing resource.
     *
     * @param resource the kind of resource that is missing
     * @param message the amount requested and the amount available
     * @param remedy how to fix it
     * @param cause the exception that caused it, if any
     */
    public ResourceException(Resource resource, String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
        this.resource = resource;
    }

    /**
     * Converts an {@link OutOfMemoryError} to an exception of this library. Backends convert their own errors. If other
     * threads use up the heap, any small allocation can fail, also between backend calls: an entry point catches the
     * error after its scopes are closed and throws this exception.
     *
     * @param numbers the amounts in use or requested, for example {@code "12 MiB more were requested"}
     * @param cause the error, whose message names the memory, for example {@code "Java heap space"}
     * @return the exception, with the maximum heap size and a remedy
     */
    public static ResourceException outOfMemory(String numbers, OutOfMemoryError cause) {
        return new ResourceException(
                Resource.MEMORY,
                "out of memory (" + cause.getMessage() + "): " + numbers + ", the Java heap may grow to "
                        + (Runtime.getRuntime().maxMemory() >> 20) + " MiB",
                "compute fewer images at once, lower `batchSize` or `imageSize`, or raise the heap with java -Xmx",
                cause);
    }

    /** {@return the kind of resource that is missing} */
    public Resource resource() {
        return resource;
    }
}
