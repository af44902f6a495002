package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.rlr.model.config.Validation;
import org.rlr.model.train.ValidationSplit;

class DataSetBuilderTest {
    private static ImageSource image(String id) {
        return image(id, 4);
    }

    private static ImageSource image(String id, int width) {
        byte[] rgb = new byte[3 * width * 3];
        rgb[0] = (byte) id.hashCode();
        return ImageSource.of(id, new RgbImage(width, 3, rgb));
    }

    private static void assertError(Runnable action, String... words) {
        String text = assertThrows(DataSetException.class, action::run).explanation();
        for (String word : words) {
            assertTrue(text.contains(word), text);
        }
    }

    @Test
    void imagesFromAnywhereMakeADataSet() {
        ImageSource mask = image("mask");
        ImageSource crack = image("crack");
        DataSet set = DataSet.builder()
                .train("screw", List.of(image("b"), image("a")))
                .defective("bottle", "crack", crack, mask)
                .test("bottle", List.of(image("good")))
                .train("bottle", List.of(image("c")))
                .validation("bottle", List.of(image("held")))
                .build();
        assertNull(set.root());
        assertNull(set.layout());
        assertEquals(
                List.of("bottle", "screw"),
                set.classes().stream().map(ClassSamples::name).toList());
        assertEquals(
                List.of("c", "b", "a"),
                set.train().stream().map(sample -> sample.image().id()).toList());
        assertEquals(
                new Sample(crack, List.of(mask), "bottle", "crack", true),
                set.test().get(0));
        assertEquals("good", set.test().get(1).defect());
        assertEquals(1, set.validation().size());
        set.requireTraining().requireEvaluation();
        List<String> images = new CopyOnWriteArrayList<>();
        assertEquals(
                List.of("class screw"),
                DataCheck.run(set, 2, () -> images.add("")).notes().stream()
                        .map(note -> note.substring(0, 11))
                        .toList());
        assertEquals(6, images.size());
        assertEquals(List.of(), DataCheck.run(set, 1, () -> {}).problems());
    }

    @Test
    void itsErrorsSpeakOfTheBuilder() {
        DataSet.Builder builder = DataSet.builder().train("a", List.of(image("1")));
        assertError(() -> builder.test("b", List.of(image("1"))), "image id 1 is given twice");
        assertError(() -> builder.defective("a", "good", image("2")), "the defective image 2 is called good");
        assertError(() -> DataSet.builder().build(), "no images", "DataSet.Builder.train");
        DataSet set = builder.build();
        assertError(set::requireEvaluation, "class a has no test images", "DataSet.Builder.test");
        assertError(() -> ValidationSplit.of(set, new Validation(0.5, false), 1), "single", "DataSet.Builder.train");
        DataSet tested = DataSet.builder().test("a", List.of(image("1"))).build();
        assertError(tested::requireTraining, "class a has no training images", "DataSet.Builder.train");
        DataSet missing = DataSet.builder()
                .train("a", ImageSource.files(List.of(Path.of("no-such-file.png"))))
                .build();
        assertError(missing::requireTraining, "no-such-file.png", "check the paths");
        DataSet other = DataSet.builder()
                .defective("a", "crack", image("image"), image("wide mask", 5))
                .build();
        assertError(other::requireEvaluation, "wide mask is 5×3", "image is 4×3");
    }
}
