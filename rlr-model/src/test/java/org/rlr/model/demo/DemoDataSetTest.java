package org.rlr.model.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.Mask;
import org.rlr.model.data.Masks;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.tensor.InvalidSettingException;

class DemoDataSetTest {
    private static final int SIZE = 96;

    @TempDir
    static Path folder;

    private static DataSet set;

    @BeforeAll
    static void generate() {
        DemoDataSet.generate(folder.resolve("one"), SIZE, 3, 2, 4, 1, 2);
        set = DataLayouts.read(folder.resolve("one"));
    }

    @Test
    void theDataSetHasFourClassesWithAtLeastThreeDefects() {
        set.requireTraining().requireEvaluation();
        assertEquals("mvtec", set.layout());
        assertEquals(
                DemoDataSet.classes().stream().sorted().toList(),
                set.classes().stream().map(ClassSamples::name).toList());
        assertTrue(set.classes().size() >= 4);
        for (ClassSamples each : set.classes()) {
            assertEquals(3, each.train().size());
            assertEquals(
                    2,
                    each.test().stream().filter(sample -> !sample.anomalous()).count());
            List<String> defects = each.test().stream()
                    .filter(Sample::anomalous)
                    .map(Sample::defect)
                    .distinct()
                    .toList();
            assertTrue(defects.size() >= 3, defects.toString());
            assertEquals(
                    4L * defects.size(),
                    each.test().stream().filter(Sample::anomalous).count());
            assertEquals(new ImageSize(SIZE, SIZE), each.train().get(0).image().size());
        }
    }

    @Test
    void everyMaskShowsADefectOfVisibleSize() {
        for (Sample sample : set.test()) {
            if (sample.anomalous()) {
                Mask mask = Masks.read(sample, new ImageSize(SIZE, SIZE));
                int pixels = 0;
                for (boolean pixel : mask.anomalous()) {
                    pixels += pixel ? 1 : 0;
                }
                assertTrue(
                        pixels > SIZE * SIZE / 500 && pixels < SIZE * SIZE / 8,
                        pixels + " pixels in " + sample.masks());
            }
        }
    }

    /** Two normal pictures of a class differ, but less than pictures of two classes. */
    @Test
    void normalPicturesVaryWithinTheirClass() {
        for (ClassSamples each : set.classes()) {
            RgbImage one = each.train().get(0).image().read();
            double within = difference(one, each.train().get(1).image().read());
            assertTrue(within > 2, each.name() + " varies by " + within);
            for (ClassSamples other : set.classes()) {
                if (other != each) {
                    assertTrue(
                            difference(one, other.train().get(0).image().read()) > within,
                            each.name() + " and " + other.name());
                }
            }
        }
    }

    private static double difference(RgbImage one, RgbImage other) {
        double sum = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            sum += Math.abs((one.rgb()[i] & 0xff) - (other.rgb()[i] & 0xff));
        }
        return sum / one.rgb().length;
    }

    @Test
    void theSameSeedGivesTheSameFiles() throws IOException {
        DemoDataSet.generate(folder.resolve("again"), 48, 2, 1, 1, 5, 2);
        DemoDataSet.generate(folder.resolve("more"), 48, 3, 1, 1, 5, 2);
        DemoDataSet.generate(folder.resolve("other"), 48, 2, 1, 1, 6, 2);
        Map<String, byte[]> first = files(folder.resolve("again"));
        Map<String, byte[]> more = files(folder.resolve("more"));
        Map<String, byte[]> other = files(folder.resolve("other"));
        assertFalse(first.isEmpty());
        assertEquals(first.keySet(), other.keySet());
        for (String name : first.keySet()) {
            assertArrayEquals(first.get(name), more.get(name), name + " depends on how many there are");
            if (!name.contains("mask")) {
                assertNotEquals(Arrays.hashCode(first.get(name)), Arrays.hashCode(other.get(name)), name);
            }
        }
        assertEquals(first.size() + set.classes().size(), more.size());
    }

    private static Map<String, byte[]> files(Path root) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                files.put(root.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    @Test
    void picturesTooSmallToShowAnythingAreRefused() {
        String message = assertThrows(
                        InvalidSettingException.class,
                        () -> DemoDataSet.generate(folder.resolve("small"), 16, 1, 1, 1, 1, 2))
                .explanation();
        assertTrue(message.contains("16") && message.contains("32"), message);
    }
}
