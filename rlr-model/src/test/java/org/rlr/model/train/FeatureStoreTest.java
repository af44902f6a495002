package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.ResourceException;

class FeatureStoreTest {
    private static final int IMAGES = 7;
    private static final int[] SIZES = {33, 5, 128};
    private static final long BYTES = IMAGES * (33 + 5 + 128) * 4L;

    @Test
    void memoryAndDiskGiveTheSameBits() {
        try (FeatureStore memory = new FeatureStore(IMAGES, SIZES, BYTES);
                FeatureStore disk = new FeatureStore(IMAGES, SIZES, BYTES - 1)) {
            assertFalse(memory.onDisk());
            assertTrue(disk.onDisk());
            float[][][] expected = new float[IMAGES][SIZES.length][];
            SplittableRandom random = new SplittableRandom(1);
            int offset = 3;
            // in an order that differs from the file's
            for (int image = IMAGES - 1; image >= 0; image--) {
                for (int level : new int[] {1, 0, 2}) {
                    float[] values = new float[offset + SIZES[level] + 2];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = i % 17 == 0 ? -0.0f : Float.intBitsToFloat(random.nextInt() & 0xbfffffff);
                    }
                    expected[image][level] = Arrays.copyOfRange(values, offset, offset + SIZES[level]);
                    memory.put(image, level, values, offset);
                    disk.put(image, level, values, offset);
                    values[offset] = 99;
                }
            }
            for (FeatureStore store : new FeatureStore[] {memory, disk}) {
                for (int image : new int[] {3, 0, 6, 3, 1, 2, 4, 5}) {
                    for (int level = 0; level < SIZES.length; level++) {
                        float[] read = new float[SIZES[level] + 4];
                        Arrays.fill(read, 7);
                        store.get(image, level, read, 2);
                        assertArrayEquals(expected[image][level], Arrays.copyOfRange(read, 2, 2 + SIZES[level]));
                        assertArrayEquals(
                                new float[] {7, 7, 7, 7},
                                new float[] {read[0], read[1], read[SIZES[level] + 2], read[SIZES[level] + 3]});
                    }
                }
            }
        }
    }

    @Test
    void theTemporaryFileIsGoneAfterClosing() throws IOException {
        Set<Path> before = temporaryFiles();
        try (FeatureStore disk = new FeatureStore(IMAGES, SIZES, 0)) {
            disk.put(0, 2, new float[128], 0);
        }
        Set<Path> after = temporaryFiles();
        after.removeAll(before);
        assertEquals(Set.of(), after);
    }

    private static Set<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("rlr-features"))
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void aFailureOfTheDiskNamesTheFolderAndTheRemedy() {
        String folder = System.getProperty("java.io.tmpdir");
        try (FeatureStore disk = new FeatureStore(IMAGES, SIZES, 0)) {
            String message = assertThrows(ResourceException.class, () -> {
                        disk.close();
                        disk.put(0, 0, new float[33], 0);
                    })
                    .explanation();
            assertTrue(
                    message.contains(folder) && message.contains("-Djava.io.tmpdir") && message.contains("-Xmx"),
                    message);
        }
    }
}
