package org.rlr.model.synthetic;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.tensor.io.AtomicFolder;

/**
 * Writes a labelled data set from held-out normal images: each unchanged, and with synthetic defects. The same seed
 * gives the same pictures.
 */
public final class SyntheticDataSet {
    private SyntheticDataSet() {}

    /**
     * Writes the data set in MVTec layout: for each class {@code test/good/000.png}, {@code test/<defect>/000.png} and
     * {@code ground_truth/<defect>/000_mask.png}. The folder is filled only when all pictures are complete.
     *
     * @param normal normal images by class
     * @param folder parent of the class folders; must be empty or not exist
     * @param perImage number of pictures per image and kind of defect
     * @param seed seed of the defects, combined with the class's name
     * @param progress runs after each image
     * @return number of pictures with a defect
     * @throws ImageException if an image cannot be read
     * @throws DataSetException if an image is too uniform
     * @throws org.rlr.tensor.ResourceException if the folder is not empty, or a file cannot be written
     */
    public static int write(
            Map<String, List<ImageSource>> normal, Path folder, int perImage, long seed, Runnable progress) {
        return AtomicFolder.write(
                folder, "SyntheticDataSet.folder", made -> fill(normal, made, perImage, seed, progress));
    }

    private static int fill(
            Map<String, List<ImageSource>> normal, Path folder, int perImage, long seed, Runnable progress) {
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
}
