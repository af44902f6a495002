package org.rlr.model.synthetic;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.io.IoReason;

/**
 * Writes a labelled data set of normal images that were held out of training: each as it is, and with synthetic
 * defects. The same seed gives the same pictures.
 */
public final class SyntheticDataSet {
    private SyntheticDataSet() {}

    /**
     * Writes it in MVTec layout: for each class {@code test/good/000.png}, {@code test/<defect>/000.png} and
     * {@code ground_truth/<defect>/000_mask.png}.
     *
     * @param normal normal images by class
     * @param folder where the class folders are made; must not exist, or be empty
     * @param perImage defects of each kind that each image gets, in a picture each
     * @param seed of the defects, beside the class's name
     * @param progress is run after each image
     * @return how many pictures have a defect
     * @throws ImageException if an image cannot be read
     * @throws DataSetException if an image is too uniform
     * @throws ResourceException if a file cannot be written
     */
    public static int write(
            Map<String, List<ImageSource>> normal, Path folder, int perImage, long seed, Runnable progress) {
        requireEmpty(folder);
        int defects = 0;
        for (Map.Entry<String, List<ImageSource>> each : normal.entrySet()) {
            Path home = folder.resolve(each.getKey());
            SplittableRandom random =
                    new SplittableRandom(seed ^ (long) each.getKey().hashCode() << 32);
            for (int i = 0; i < each.getValue().size(); i++) {
                ImageSource source = each.getValue().get(i);
                RgbImage image = source.read();
                PngFile.write(
                        home.resolve("test").resolve(Sample.GOOD).resolve(name(i) + ".png"), image.toBufferedImage());
                for (SyntheticDefect kind : SyntheticDefect.values()) {
                    for (int n = 0; n < perImage; n++) {
                        write(home, kind, i * perImage + n, paste(source, image, kind, random));
                        defects++;
                    }
                }
                progress.run();
            }
        }
        return defects;
    }

    private static SyntheticDefect.Pasted paste(
            ImageSource source, RgbImage image, SyntheticDefect kind, SplittableRandom random) {
        try {
            return kind.paste(image, random);
        } catch (DataSetException e) {
            throw e.at(source);
        }
    }

    private static void write(Path home, SyntheticDefect kind, int number, SyntheticDefect.Pasted pasted) {
        PngFile.write(
                home.resolve("test").resolve(kind.key()).resolve(name(number) + ".png"),
                pasted.image().toBufferedImage());
        PngFile.write(
                home.resolve("ground_truth").resolve(kind.key()).resolve(name(number) + "_mask.png"),
                pasted.mask().toBufferedImage());
    }

    private static String name(int number) {
        return String.format(Locale.ROOT, "%03d", number);
    }

    /** Pictures of an earlier run would be taken for part of this one. */
    private static void requireEmpty(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            if (files.findAny().isEmpty()) {
                return;
            }
        } catch (IOException e) {
            throw unusable(
                    "cannot write to " + folder + ": " + IoReason.of(e), "choose another `SyntheticDataSet.folder`", e);
        }
        throw unusable(
                "the folder " + folder + " is not empty",
                "choose another `SyntheticDataSet.folder`, or empty it",
                null);
    }

    private static ResourceException unusable(String message, String remedy, @Nullable IOException cause) {
        return new ResourceException(ResourceException.Resource.DISK, message, remedy, cause);
    }
}
