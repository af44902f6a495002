package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TestImages;

/** An image that signals when its reading begins and blocks until released; and helpers for tests of detectors. */
final class Gate {
    final CountDownLatch began = new CountDownLatch(1);
    final CountDownLatch open = new CountDownLatch(1);
    final ImageSource image = ImageSource.of("gate", () -> {
        began.countDown();
        try {
            open.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return new ByteArrayInputStream(png(image(0)));
    });

    static RgbImage image(int number) {
        RgbImage smooth = TestImages.smooth(70 + number, 60);
        byte[] rgb = smooth.rgb();
        for (int i = 0; i < 300; i++) {
            rgb[(i * 37 + number * 911) % rgb.length] ^= (byte) (number * 5 + 1);
        }
        return smooth;
    }

    static byte[] png(RgbImage image) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PngFile.write(image, out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    /** Waits until all threads are blocked. */
    static void awaitWaiting(List<Thread> threads) throws InterruptedException {
        for (Thread thread : threads) {
            while (thread.getState() != Thread.State.WAITING) {
                assertNotEquals(Thread.State.TERMINATED, thread.getState(), "it should wait");
                Thread.sleep(1);
            }
        }
    }
}
