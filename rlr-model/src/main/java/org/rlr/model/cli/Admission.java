package org.rlr.model.cli;

import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Bounds the images that are in a service, those that wait for their turn included. */
final class Admission {
    private static final int LONGEST_RETRY = 60;

    private final int atOnce;
    private final int most;
    private final int perClient;
    private final AtomicInteger inside = new AtomicInteger();
    private final Map<InetAddress, Integer> clients = new ConcurrentHashMap<>();
    /** About how long one takes, in seconds; the last ones count most. */
    private volatile double seconds;

    /** A place, until it is closed. */
    interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * An admission.
     *
     * @param atOnce images that are computed at once
     * @param queued images that may wait
     * @param perClient requests of one address; 0 for any number
     */
    Admission(int atOnce, int queued, int perClient) {
        this.atOnce = atOnce;
        this.most = atOnce + queued;
        this.perClient = perClient;
    }

    /** Counts a request of a client. @throws Problem if it has as many as it may */
    Place ofClient(InetAddress client) throws Problem {
        if (clients.merge(client, 1, Integer::sum) > perClient && perClient > 0) {
            leave(client);
            throw new Problem(
                            429,
                            "CLIENT_LIMIT",
                            "this address has " + perClient
                                    + " requests in the service, and may have no more at once; wait for an answer")
                    .retryAfter(retryAfter());
        }
        return () -> leave(client);
    }

    private void leave(InetAddress client) {
        clients.computeIfPresent(client, (key, count) -> count == 1 ? null : count - 1);
    }

    /** Takes a place for an image. @throws Problem if as many wait as may */
    Place ofImage() throws Problem {
        if (inside.incrementAndGet() > most) {
            int retry = retryAfter();
            inside.decrementAndGet();
            throw new Problem(503, "QUEUE_FULL", (most - atOnce) + " images wait already; try again later")
                    .retryAfter(retry);
        }
        long start = System.nanoTime();
        return () -> {
            int others = inside.getAndDecrement();
            // its own share of the time that it was inside
            double own = (System.nanoTime() - start) / 1e9 * Math.min(1, (double) atOnce / others);
            seconds = seconds == 0 ? own : 0.9 * seconds + 0.1 * own;
        };
    }

    int inside() {
        return inside.get();
    }

    /** Seconds after which those that are inside now will have left, about; at least 1. */
    int retryAfter() {
        return (int) Math.max(1, Math.min(LONGEST_RETRY, Math.ceil(inside.get() * seconds / atOnce)));
    }
}
