package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rlr.model.detect.Gate.awaitWaiting;
import static org.rlr.model.detect.Gate.image;
import static org.rlr.model.detect.Gate.png;

import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.MemoryUse;

/** Many concurrent calls: their results, waiting and endings. */
class DetectorQueueTest extends TinyDetectors {
    @ParameterizedTest
    @ValueSource(ints = {16, 64})
    void parallelCallsGiveTheBitsOfSerialOnes(int callers) throws Exception {
        List<byte[]> images = IntStream.range(0, 8).mapToObj(i -> png(image(i))).toList();
        try (AnomalyDetector detector = open(options -> options.maxConcurrent(3))) {
            List<Detection> serial = images.stream().map(detector::detect).toList();
            ExecutorService pool = Executors.newFixedThreadPool(callers);
            try {
                List<Future<Detection>> results = IntStream.range(0, 4 * callers)
                        .mapToObj(i -> pool.submit(() -> detector.detect(images.get(i % images.size()))))
                        .toList();
                for (int i = 0; i < results.size(); i++) {
                    assertEquals(serial.get(i % images.size()), results.get(i).get());
                }
            } finally {
                pool.shutdownNow();
            }
            MemoryUse before = detector.memory();
            assertTrue(before.held() > before.used(), before.toString());
            detector.trim();
            assertEquals(before.used(), detector.memory().used());
            assertTrue(detector.memory().held() < before.held(), before + ", then " + detector.memory());
        }
    }

    @Test
    void noMoreImagesAreExaminedAtOnceThanAllowed() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        byte[] bytes = png(image(1));
        CountDownLatch two = new CountDownLatch(2);
        CountDownLatch open = new CountDownLatch(1);
        ImageSource counted = ImageSource.of("counted", () -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            two.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return new ByteArrayInputStream(bytes) {
                @Override
                public void close() {
                    now.decrementAndGet();
                }
            };
        });
        try (AnomalyDetector detector = open(options -> options.maxConcurrent(2))) {
            List<Thread> callers = IntStream.range(0, 8)
                    .mapToObj(i -> new Thread(() -> detector.detect(counted)))
                    .toList();
            callers.forEach(Thread::start);
            two.await();
            awaitWaiting(callers);
            assertEquals(2, now.get());
            open.countDown();
            for (Thread caller : callers) {
                caller.join();
            }
        }
        assertEquals(2, most.get());
    }

    @Test
    void aCallWaitsUpToItsLimit() throws Exception {
        Gate gate = new Gate();
        DetectorOptions options = DetectorOptions.builder()
                .maxConcurrent(1)
                .maxWait(Duration.ofMillis(20))
                .build();
        // no time passes between a call and its turn except for waiting for a slot
        try (AnomalyDetector detector = AnomalyDetector.load(model, options, () -> 0)) {
            CompletableFuture<Detection> first = detector.detectAsync(gate.image);
            gate.began.await();
            ResourceException e = assertThrows(ResourceException.class, () -> detector.detect(image(1)));
            assertEquals(ResourceException.Resource.CAPACITY, e.resource());
            assertTrue(e.getMessage().contains("overloaded") && e.getMessage().contains("20 ms"), e.getMessage());
            gate.open.countDown();
            first.join();
            detector.detect(image(1));
        }
    }

    @Test
    void anInterruptEndsWaitingAndLeavesTheFlag() throws Exception {
        Gate gate = new Gate();
        try (AnomalyDetector detector = open(options -> options.maxConcurrent(1))) {
            CompletableFuture<Detection> first = detector.detectAsync(gate.image);
            gate.began.await();
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            AtomicReference<Boolean> flag = new AtomicReference<>();
            Thread caller = new Thread(() -> {
                try {
                    detector.detect(image(1));
                } catch (Throwable t) {
                    thrown.set(t);
                    flag.set(Thread.currentThread().isInterrupted());
                }
            });
            caller.start();
            awaitWaiting(List.of(caller));
            caller.interrupt();
            caller.join();
            assertInstanceOf(CancelledException.class, thrown.get());
            assertEquals(true, flag.get());
            gate.open.countDown();
            first.join();
        }
    }

    @Test
    void asynchronousCallsAreBoundedAndCanBeCancelled() throws Exception {
        Gate gate = new Gate();
        try (AnomalyDetector detector = open(options -> options.maxConcurrent(1).maxQueued(2))) {
            CompletableFuture<Detection> running = detector.detectAsync(gate.image);
            gate.began.await();
            CompletableFuture<Detection> second = detector.detectAsync(ImageSource.of("2", image(2)));
            CompletableFuture<Detection> third = detector.detectAsync(ImageSource.of("3", image(3)));
            CompletableFuture<Detection> fourth = detector.detectAsync(ImageSource.of("4", image(4)));
            ExecutionException refused = assertThrows(ExecutionException.class, fourth::get);
            assertEquals(ResourceException.Resource.CAPACITY, ((ResourceException) refused.getCause()).resource());
            assertTrue(second.cancel(true));
            CompletableFuture<Detection> fifth = detector.detectAsync(ImageSource.of("5", image(5)));
            assertTrue(running.cancel(true)); // waits at the gate, which never opens
            assertThrows(CancellationException.class, running::join);
            assertEquals(detector.detect(image(3)), third.get());
            assertEquals(detector.detect(image(5)), fifth.get());
        }
    }

    @Test
    void manyImagesComeInTheirOrder() {
        List<ImageSource> images = new ArrayList<>(IntStream.range(0, 20)
                .mapToObj(i -> ImageSource.of("image " + i, png(image(i))))
                .toList());
        try (AnomalyDetector detector = open()) {
            List<Detection> expected = images.stream().map(detector::detect).toList();
            assertEquals(expected, detector.detectAll(images).toList());
            boolean[] closed = new boolean[1];
            try (Stream<Detection> some = detector.detectAll(images.stream().onClose(() -> closed[0] = true))) {
                assertEquals(expected.subList(0, 3), some.limit(3).toList());
            }
            assertTrue(closed[0]);
            AtomicInteger taken = new AtomicInteger();
            Iterator<Detection> lazily = detector.detectAll(Stream.iterate(0, i -> i + 1)
                            .peek(i -> taken.incrementAndGet())
                            .map(i -> images.get(i % images.size())))
                    .iterator();
            lazily.next();
            assertTrue(taken.get() <= 8, "read ahead: " + taken);

            images.set(1, ImageSource.of("bad", new byte[0]));
            Iterator<Detection> goesOn = detector.detectAll(images).iterator();
            assertEquals(expected.get(0), goesOn.next());
            ImageException e = assertThrows(ImageException.class, goesOn::next);
            assertEquals("the image bad is empty (0 bytes)", e.getMessage());
            assertEquals(expected.get(2), goesOn.next());
        }
    }

    @Test
    void anAbandonedResultIsNotComputed() throws Exception {
        DetectorOptions options = DetectorOptions.builder().maxConcurrent(1).build();
        Detection made = new Detection(1, 1, true, 0, 1, 1, new float[1]);
        for (Detector detector :
                List.of(AnomalyDetector.load(model, options), ReloadableDetector.load(model, options))) {
            for (UnaryOperator<CompletableFuture<Detection>> giveUp :
                    List.<UnaryOperator<CompletableFuture<Detection>>>of(
                            call -> call.orTimeout(1, TimeUnit.MILLISECONDS),
                            call -> call.completeOnTimeout(made, 1, TimeUnit.MILLISECONDS),
                            call -> {
                                call.cancel(true);
                                return call;
                            })) {
                Gate gate = new Gate(); // never opens: only an interrupt ends the wait
                CompletableFuture<Detection> inside = detector.detectAsync(gate.image);
                gate.began.await();
                Gate never = new Gate();
                CompletableFuture<Detection> behind = giveUp.apply(detector.detectAsync(never.image));
                behind.handle((detection, failure) -> "given up").get();
                giveUp.apply(inside);
                assertEquals(
                        64 * 64,
                        detector.detectAsync(ImageSource.of("", image(1))).get().map().length);
                assertEquals(1, never.began.getCount(), "an abandoned image was read");
            }
            detector.close();
        }
    }

    @Test
    void closingWaitsForTheCallInProgress() throws Exception {
        Gate gate = new Gate();
        AnomalyDetector detector = open();
        CompletableFuture<Detection> call = detector.detectAsync(gate.image);
        gate.began.await();
        Thread closing = new Thread(detector::close);
        closing.start();
        awaitWaiting(List.of(closing));
        assertFalse(call.isDone());
        gate.open.countDown();
        closing.join();
        assertEquals(64 * 64, call.join().map().length);
    }

    @Test
    void closingWaitsForCallsAndRefusesOthers() throws Exception {
        for (int round = 0; round < 20; round++) {
            AnomalyDetector detector = open();
            Detection expected = detector.detect(image(1));
            AtomicInteger refused = new AtomicInteger();
            List<Throwable> wrong = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch working = new CountDownLatch(8);
            List<Thread> callers = IntStream.range(0, 8)
                    .mapToObj(i -> new Thread(() -> {
                        try {
                            while (true) {
                                Detection d = i % 2 == 0
                                        ? detector.detect(image(1))
                                        : detector.detectAsync(ImageSource.of("", image(1)))
                                                .get();
                                assertEquals(expected, d);
                                working.countDown();
                            }
                        } catch (IllegalStateException e) {
                            refused.incrementAndGet();
                        } catch (ExecutionException e) {
                            if (e.getCause() instanceof IllegalStateException) {
                                refused.incrementAndGet();
                            } else {
                                wrong.add(e);
                            }
                        } catch (Throwable t) {
                            wrong.add(t);
                        }
                    }))
                    .toList();
            callers.forEach(Thread::start);
            working.await();
            detector.close();
            detector.close();
            for (Thread caller : callers) {
                caller.join();
            }
            assertEquals(List.of(), wrong);
            assertEquals(8, refused.get());
            for (Runnable use : List.<Runnable>of(
                    () -> detector.detect(image(1)),
                    detector::memory,
                    detector::trim,
                    detector::scorer,
                    detector::model)) {
                assertEquals(
                        "the detector is closed",
                        assertThrows(IllegalStateException.class, use::run).getMessage());
            }
            assertEquals(RandomModel.TINY, detector.info().config());
        }
    }
}
