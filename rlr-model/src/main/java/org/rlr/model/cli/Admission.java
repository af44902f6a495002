package org.rlr.model.cli;

import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Limits the number of images in a service, including those that wait. */
final class Admission {
    private static final int LONGEST_RETRY = 60;

    private final int atOnce;
    private final int most;
    private final int perClient;
    private final AtomicInteger inside = new AtomicInteger();
    private final Map<InetAddress, Integer> clients = new ConcurrentHashMap<>();
    /** The moving average of the time per image, in seconds. */
    private volatile double seconds;

    /** A place in the service; closing it frees the place. */
    interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * An admission.
     *
     * @param atOnce number of images that are computed at once
     * @param queued largest number of images that wait
     * @param perClient largest number of requests from one address; 0 for no limit
     */
    Admission(int atOnce, int queued, int perClient) {
        this.atOnce = atOnce;
        this.most = atOnce + queued;
        this.perClient = perClient;
    }

    /** Counts a request of a client. @throws Problem if the client has reached its limit */
    Place ofClient(InetAddress client) throws Problem {
        if (clients.merge(client, 1, Integer::sum) > perClient && perClient > 0) {
            leave(client);
            throw new Problem(
                            429,
                            "CLIENT_LIMIT",
                            "this address has reached its limit of " + perClient
                                    + " requests in the service; wait for an answer")
                    .retryAfter(retryAfter());
        }
        return () -> leave(client);
    }

    private void leave(InetAddress client) {
        clients.computeIfPresent(client, (key, count) -> count == 1 ? null : count - 1);
    }

    /** Takes a place for an image. @throws Problem if the queue is full */
    Place ofImage() throws Problem {
        if (inside.incrementAndGet() > most) {
            int retry = retryAfter();
            inside.decrementAndGet();
            throw new Problem(503, "QUEUE_FULL", "the queue of " + (most - atOnce) + " images is full; try again later")
                    .retryAfter(retry);
        }
        long start = System.nanoTime();
        return () -> {
            int others = inside.getAndDecrement();
            // the part of the time that was spent on this image
            double own = (System.nanoTime() - start) / 1e9 * Math.min(1, (double) atOnce / others);
            seconds = seconds == 0 ? own : 0.9 * seconds + 0.1 * own;
        };
    }

    int inside() {
        return inside.get();
    }

    /** Returns about how many seconds the images in the service still take; at least 1. */
    int retryAfter() {
        return (int) Math.max(1, Math.min(LONGEST_RETRY, Math.ceil(inside.get() * seconds / atOnce)));
    }
}
