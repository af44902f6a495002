package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Shape;

/** The contract of memory, copies and host work. */
public abstract class MemoryContract extends BackendContract {

    @Test
    void bytesAreCountedUntilTheLastReferenceIsReleased() {
        Storage a = backend.allocate(1000);
        assertTrue(backend.memory().used() >= 4000);
        a.retain();
        a.release();
        assertTrue(a.alive());
        assertTrue(backend.memory().used() >= 4000);
        a.release();
        assertFalse(a.alive());
        assertEquals(0, backend.memory().used());
        assertTrue(backend.memory().peak() >= 4000);
        assertThrows(IllegalStateException.class, a::release);
        assertThrows(IllegalStateException.class, a::retain);
    }

    @Test
    void aViewThatDoesNotFitReleasesItsMemory() {
        Storage small = backend.allocate(4);
        assertThrows(IllegalArgumentException.class, () -> View.over(small, Shape.of(small.elements() + 1)));
        assertFalse(small.alive());
        assertEquals(0, backend.memory().used());
    }

    @Test
    void cachedMemoryIsHeldUntilItIsTrimmed() {
        backend.trim();
        long before = backend.memory().held();
        Storage kept = backend.allocate(1000);
        View view = input(fuzz.normals(100), 100);
        assertTrue(backend.memory().held() >= before + 4400);
        kept.release();
        backend.trim();
        MemoryUse use = backend.memory();
        assertEquals(4L * view.storage().elements(), use.used());
        assertTrue(use.held() >= 400 && use.held() < before + 4000, use.toString());
        assertTrue(use.peak() >= 4400, use.toString());
        assertEquals(100, read(view).length);
    }

    @Test
    void releasedMemoryCannotBeRead() {
        Storage a = backend.allocate(10);
        View view = new View(a, 0, Shape.of(10));
        a.release();
        assertThrows(IllegalStateException.class, () -> backend.download(view, new float[10], 0));
    }

    @Test
    void uploadCopyAndDownloadKeepValues() {
        for (int n : new int[] {0, 1, 17, 100, 200_003}) {
            double[] values = fuzz.normals(n);
            View source = input(values, n);
            View target = output(1, n);
            backend.copy(source, target);
            assertArrayEquals(floats(values), read(target));
            float[] into = new float[n + 5];
            backend.download(target, into, 3);
            for (int i = 0; i < n; i++) {
                assertEquals((float) values[i], into[i + 3]);
            }
            assertEquals(0, into[2]);
            assertEquals(0, into[n + 3]);
        }
    }

    @Test
    void uploadReadsFromAnOffset() {
        View view = output(3);
        backend.upload(new float[] {9, 1, 2, 3, 9}, 1, view);
        assertArrayEquals(new float[] {1, 2, 3}, read(view));
    }

    @Test
    void fillWritesEveryElement() {
        for (int n : new int[] {0, 1, 17, 200_003}) {
            View view = output(n);
            backend.fill(view, 2.5f);
            for (float v : read(view)) {
                assertEquals(2.5f, v);
            }
        }
    }

    @Test
    void hostTasksRunOnceAndTheirErrorIsThrown() {
        for (int tasks : new int[] {0, 1, 100}) {
            int[] runs = new int[tasks];
            backend.onHost(tasks, i -> runs[i]++);
            for (int n : runs) {
                assertEquals(1, n);
            }
        }
        RlrException thrown = new RlrException("a task");
        assertSame(
                thrown,
                assertThrows(
                        RlrException.class,
                        () -> backend.onHost(100, i -> {
                            if (i == 50) {
                                throw thrown;
                            }
                        })));
    }

    @Test
    void describesItselfInOneLine() {
        String start = backend.device() + " (";
        assertTrue(backend.description().startsWith(start), backend.description());
        assertFalse(backend.description().contains("\n"));
        backend.synchronize();
    }
}
