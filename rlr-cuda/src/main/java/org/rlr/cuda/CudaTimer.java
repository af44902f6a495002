package org.rlr.cuda;

import java.util.ArrayList;
import java.util.List;
import org.rlr.cuda.driver.Event;
import org.rlr.cuda.driver.Stream;
import org.rlr.tensor.backend.Backend;

/**
 * Times calls of a CUDA backend by events in its stream, on the card's clock. While the card is busy with {@code lead},
 * the host submits the call, so its time is not included. Without such a lead, the gaps between a call's kernels are
 * included.
 */
public final class CudaTimer {
    private final Stream stream;

    /** @throws IllegalArgumentException if the backend is not a card */
    public CudaTimer(Backend backend) {
        if (!(backend instanceof CudaBackend cuda)) {
            throw new IllegalArgumentException(
                    "only a CUDA backend can be timed by stream events; this is " + backend.description());
        }
        stream = cuda.stream();
    }

    /**
     * Submits {@code lead} and {@code work} in turn, {@code repeats} times, and waits for all.
     *
     * @param lead untimed work for the card before each call
     * @return the milliseconds of each call of {@code work}
     * @throws org.rlr.cuda.driver.CudaFailure if submitted work failed
     */
    public double[] milliseconds(int repeats, Runnable lead, Runnable work) {
        List<Event> events = new ArrayList<>();
        try {
            for (int i = 0; i < repeats; i++) {
                lead.run();
                mark(events);
                work.run();
                mark(events);
            }
            stream.synchronize();
            double[] times = new double[repeats];
            for (int i = 0; i < repeats; i++) {
                times[i] = events.get(2 * i + 1).millisecondsSince(events.get(2 * i));
            }
            return times;
        } finally {
            events.forEach(Event::close);
        }
    }

    private void mark(List<Event> events) {
        Event event = new Event(stream.context(), true);
        events.add(event);
        event.record(stream);
    }
}
