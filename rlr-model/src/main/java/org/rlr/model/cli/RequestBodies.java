package org.rlr.model.cli;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads request bodies with a limit on the size and the time of each, and on the memory of all, so that large or slow
 * bodies cannot fill the heap or block the threads.
 */
final class RequestBodies {
    private static final int CHUNK = 1 << 16;
    /** Bytes of each body that the budget does not count, so that large bodies never block small ones. */
    private static final int UNCOUNTED = 1 << 18;
    /** How long the rest of a refused request is read and dropped, so that its sender receives the answer. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private final long most;
    private final Duration timeout;
    private final long budget;
    private final AtomicLong inMemory = new AtomicLong();
    private final ScheduledExecutorService clock;

    /** A request whose body did not arrive in time; it is already answered, and its connection must be closed. */
    static final class TooSlow extends IOException {
        private static final long serialVersionUID = 1L;

        TooSlow() {
            super("the body did not arrive in time");
        }
    }

    /** A body in memory; closing it frees the memory. */
    final class Body implements AutoCloseable {
        private byte[] bytes = new byte[0];
        private long taken;

        byte[] bytes() {
            return bytes;
        }

        private void take(int more) throws Problem {
            if (inMemory.addAndGet(more) > budget) {
                inMemory.addAndGet(-more);
                throw full();
            }
            taken += more;
        }

        @Override
        public void close() {
            inMemory.addAndGet(-taken);
            taken = 0;
            bytes = new byte[0];
        }
    }

    /**
     * Ends the reading of a body: answers the sender and later ends the connection, since only that frees a thread that
     * waits for bytes.
     */
    private final class Deadline implements Runnable {
        private final HttpExchange exchange;
        private final Thread reader = Thread.currentThread();
        private final byte[] answer;
        private Future<?> timer;
        private boolean over;
        private boolean expired;
        private boolean interrupted;

        /** @param answer answer to the sender when the time is over; empty for none */
        Deadline(HttpExchange exchange, Duration time, byte[] answer) {
            this.exchange = exchange;
            this.answer = answer;
            timer = clock.schedule(this, time.toNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public synchronized void run() {
            if (over) {
                return;
            }
            if (expired || answer.length == 0) {
                interrupted = true;
                reader.interrupt();
                return;
            }
            expired = true;
            try {
                exchange.getResponseHeaders().set("Content-Type", Problem.TYPE);
                exchange.getResponseHeaders().set("Connection", "close");
                exchange.sendResponseHeaders(408, answer.length);
                exchange.getResponseBody().write(answer);
                exchange.getResponseBody().flush();
            } catch (IOException e) {
                // the sender is gone
            }
            timer = clock.schedule(this, LINGER.toNanos(), TimeUnit.NANOSECONDS);
        }

        synchronized boolean expired() {
            return expired;
        }

        /** Called by the reader at its end. @return whether the sender was answered because of the time */
        synchronized boolean end() {
            over = true;
            timer.cancel(false);
            if (interrupted) {
                Thread.interrupted(); // set by run() for the reading only
            }
            return expired;
        }
    }

    /**
     * A reader of bodies.
     *
     * @param most largest size of a body, in bytes
     * @param budget largest size of all bodies in memory, in bytes
     * @param clock runs deadlines
     */
    RequestBodies(long most, Duration timeout, long budget, ScheduledExecutorService clock) {
        this.most = most;
        this.timeout = timeout;
        this.budget = budget;
        this.clock = clock;
    }

    long inMemory() {
        return inMemory.get();
    }

    /** Returns whether a request has a body. */
    static boolean isIn(HttpExchange exchange) {
        return declared(exchange) != 0;
    }

    /** Returns the length in the header; -1 for a chunked body. */
    private static long declared(HttpExchange exchange) {
        if (exchange.getRequestHeaders().containsKey("Transfer-Encoding")) {
            return -1;
        }
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        return length == null ? 0 : Long.parseLong(length); // the server refuses other values
    }

    /**
     * Reads a body to its end.
     *
     * @throws Problem if it is too large or incomplete
     * @throws TooSlow if it does not arrive in time
     */
    Body read(HttpExchange exchange) throws Problem, TooSlow {
        long declared = declared(exchange);
        if (declared > most) {
            throw tooLarge();
        }
        Deadline deadline = new Deadline(
                exchange,
                timeout,
                new Problem(
                                408,
                                "SLOW_BODY",
                                "the body did not arrive within " + timeout.toSeconds() + " s; send it faster")
                        .reply()
                        .body());
        Body body = new Body();
        Problem problem = null;
        try {
            body.bytes = readAll(exchange.getRequestBody(), declared, body, deadline);
        } catch (Problem e) {
            problem = e;
        } catch (IOException | RuntimeException e) {
            problem = cutOff();
        } catch (OutOfMemoryError e) {
            problem = full();
        }
        boolean late = deadline.end();
        if (late || problem != null) {
            body.close();
        }
        if (late) {
            throw new TooSlow();
        }
        if (problem != null) {
            throw problem;
        }
        return body;
    }

    private byte[] readAll(InputStream in, long declared, Body body, Deadline deadline) throws IOException, Problem {
        List<byte[]> parts = new ArrayList<>();
        int length = 0;
        for (byte[] part = in.readNBytes(CHUNK); part.length > 0; part = in.readNBytes(CHUNK)) {
            if (deadline.expired()) {
                continue; // dropped: closing the connection now would lose the answer
            }
            length += part.length;
            if (length > most) {
                throw tooLarge();
            }
            if (length > UNCOUNTED) {
                body.take(part.length);
            }
            parts.add(part);
        }
        if (length < declared) {
            throw cutOff();
        }
        if (parts.size() == 1) {
            return parts.get(0);
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private Problem tooLarge() {
        return new Problem(
                413, "BODY_TOO_LARGE", "the body is larger than the limit of " + most + " bytes; send a smaller image");
    }

    private static Problem cutOff() {
        return new Problem(
                400,
                "BODY_CUT_OFF",
                "the body ends before its stated length, or its chunks are malformed; send it again");
    }

    private static Problem full() {
        return new Problem(
                        503, "BODIES_FULL", "the bodies of other requests fill the memory for bodies; try again later")
                .retryAfter(1);
    }

    /**
     * Reads and drops the rest of a refused request for a while, since closing the connection at once would lose the
     * answer.
     */
    void drop(HttpExchange exchange) {
        Deadline deadline = new Deadline(exchange, LINGER, new byte[0]);
        try {
            byte[] buffer = new byte[CHUNK];
            InputStream in = exchange.getRequestBody();
            while (in.read(buffer) >= 0) {
                // dropped
            }
        } catch (IOException | RuntimeException e) {
            // the sender is gone, or too slow
        }
        deadline.end();
    }
}
