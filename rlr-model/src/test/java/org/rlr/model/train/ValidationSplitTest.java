package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rlr.model.config.Validation;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.tensor.InvalidSettingException;

class ValidationSplitTest {
    private static final Path ROOT = Path.of("data");

    private static ClassSamples product(String name, int images) {
        return new ClassSamples(
                name,
                ROOT.resolve(name),
                IntStream.range(0, images)
                        .mapToObj(i -> Sample.good(ROOT.resolve(name).resolve(i + ".png"), name))
                        .toList(),
                List.of());
    }

    private static DataSet data(ClassSamples... classes) {
        return new DataSet(ROOT, "mvtec", List.of(classes));
    }

    private static List<ImageSource> of(String name, List<ImageSource> images) {
        return images.stream()
                .filter(image -> image.file().getParent().equals(ROOT.resolve(name)))
                .toList();
    }

    @Test
    void everyClassGivesItsShareOnce() {
        DataSet data = data(product("a", 40), product("b", 11), product("c", 2));
        TrainingImages split = ValidationSplit.of(data, new Validation(0.25, false), 7);
        assertEquals(List.of("a", "b", "c"), split.classes());
        assertEquals(10, of("a", split.validation()).size());
        assertEquals(3, of("b", split.validation()).size());
        assertEquals(1, of("c", split.validation()).size());
        List<ImageSource> all = data.train().stream().map(Sample::image).toList();
        assertEquals(
                all.stream().sorted(Comparator.comparing(ImageSource::id)).toList(),
                Stream.concat(split.training().stream(), split.validation().stream())
                        .sorted(Comparator.comparing(ImageSource::id))
                        .toList());
        // training images keep the order of the data set
        assertEquals(all.stream().filter(split.training()::contains).toList(), split.training());
        assertEquals(
                1,
                ValidationSplit.of(data(product("a", 2)), new Validation(0.99, false), 7)
                        .training()
                        .size());
    }

    @Test
    void theSeedAndTheClassDecideAndNothingElse() {
        Validation third = new Validation(1 / 3., false);
        TrainingImages split = ValidationSplit.of(data(product("a", 30), product("b", 30)), third, 7);
        assertEquals(
                split, ValidationSplit.of(data(product("a", 30), product("b", 30)), new Validation(1 / 3., true), 7));
        assertEquals(
                of("b", split.validation()),
                ValidationSplit.of(data(product("b", 30)), third, 7).validation());
        assertNotEquals(split, ValidationSplit.of(data(product("a", 30), product("b", 30)), third, 8));
        assertNotEquals(
                of("a", split.validation()).stream().map(ImageSource::name).toList(),
                of("b", split.validation()).stream().map(ImageSource::name).toList());
    }

    @Test
    void withoutValidationNothingIsHeldOut() {
        TrainingImages split = ValidationSplit.of(data(product("a", 1)), null, 7);
        assertEquals(1, split.training().size());
        assertEquals(List.of(), split.validation());
    }

    @Test
    void oneImageCannotBeSplitAndAShareIsAFraction() {
        DataSetException single = assertThrows(
                DataSetException.class,
                () -> ValidationSplit.of(data(product("a", 5), product("lonely", 1)), new Validation(0.2, false), 7));
        assertTrue(
                single.getMessage().contains("lonely") && single.getMessage().contains("`validation` 0.2"),
                single.getMessage());
        for (double fraction : new double[] {0, 1, -0.1, Double.NaN}) {
            InvalidSettingException e =
                    assertThrows(InvalidSettingException.class, () -> new Validation(fraction, false));
            assertEquals("Validation.fraction", e.name());
            assertEquals("`Validation.fraction` is " + fraction, e.getMessage());
        }
    }
}
