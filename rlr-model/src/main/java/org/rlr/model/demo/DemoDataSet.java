package org.rlr.model.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.Mask;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.Sample;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Parallel;

/**
 * Writes a data set in MVTec layout: near-photographic drawings of several products. Normal products differ slightly
 * (place, angle, light, grain, noise); defects are obvious to people and have masks. The same seed gives the same
 * pictures.
 */
public final class DemoDataSet {
    /** A pixel belongs to the mask if a defect changes a channel by more than this, in 0…1: visible above the noise. */
    private static final double VISIBLE = 10 / 255.0;

    private static final double CAMERA_NOISE = 2;
    /** Below this, threads and traces are narrower than a pixel. */
    private static final int LEAST_SIZE = 32;

    private static final List<Product> PRODUCTS =
            List.of(new Fabric(), new MetalDisc(), new CircuitBoard(), new Capsules());

    private DemoDataSet() {}

    /** {@return the names of the classes} */
    public static List<String> classes() {
        return PRODUCTS.stream().map(Product::name).toList();
    }

    /**
     * Writes the data set: per class {@code train/good}, {@code test/good}, {@code test/<defect>} and
     * {@code ground_truth/<defect>}, with files {@code 000.png} and masks {@code 000_mask.png}.
     *
     * @param folder parent of the class folders; files of the same names are overwritten
     * @param imageSize width and height in pixels, at least 32
     * @param trainPerClass normal training images per class
     * @param testPerClass normal test images per class
     * @param testPerDefect test images per kind of defect
     * @param seed seed of all random numbers
     * @param threads number of threads, including the calling one; 0 for one per core
     * @throws InvalidSettingException if the size is too small
     * @throws org.rlr.tensor.ResourceException if a file cannot be written
     * @throws IllegalArgumentException if a number of images is below 1
     */
    public static void generate(
            Path folder,
            int imageSize,
            int trainPerClass,
            int testPerClass,
            int testPerDefect,
            long seed,
            int threads) {
        InvalidSettingException.require(
                imageSize >= LEAST_SIZE, "imageSize", imageSize, "at least " + LEAST_SIZE + " to show anything");
        if (trainPerClass < 1 || testPerClass < 1 || testPerDefect < 1) {
            throw new IllegalArgumentException("a demo data set needs at least one image of each kind");
        }
        List<Job> jobs = new ArrayList<>();
        for (int p = 0; p < PRODUCTS.size(); p++) {
            Product product = PRODUCTS.get(p);
            Path home = folder.resolve(product.name());
            long classSeed = Noise.mix(seed * 31 + p + 1);
            addJobs(
                    jobs,
                    product,
                    null,
                    trainPerClass,
                    classSeed,
                    home.resolve("train").resolve(Sample.GOOD),
                    null);
            addJobs(
                    jobs,
                    product,
                    null,
                    testPerClass,
                    classSeed + 1,
                    home.resolve("test").resolve(Sample.GOOD),
                    null);
            for (int d = 0; d < product.defects().size(); d++) {
                String defect = product.defects().get(d);
                addJobs(
                        jobs,
                        product,
                        defect,
                        testPerDefect,
                        classSeed + 2 + d,
                        home.resolve("test").resolve(defect),
                        home.resolve("ground_truth").resolve(defect));
            }
        }
        // pictures are independent, each with its own seed
        try (Parallel parallel = new Parallel(threads)) {
            parallel.forEach(jobs.size(), i -> jobs.get(i).run(imageSize));
        }
    }

    private static void addJobs(
            List<Job> jobs,
            Product product,
            @Nullable String defect,
            int count,
            long seed,
            Path images,
            @Nullable Path masks) {
        for (int i = 0; i < count; i++) {
            String name = String.format(Locale.ROOT, "%03d", i);
            jobs.add(new Job(
                    product,
                    defect,
                    Noise.mix(seed * 0x9E3779B97F4A7C15L + i),
                    images.resolve(name + ".png"),
                    masks == null ? null : masks.resolve(name + "_mask.png")));
        }
    }

    /** One picture to draw and write. */
    private record Job(
            Product product,
            @Nullable String defect,
            long seed,
            Path image,
            @Nullable Path mask) {
        void run(int imageSize) {
            Canvas canvas = painted(imageSize, defect);
            PngFile.write(
                    image,
                    canvas.photograph(CAMERA_NOISE, new SplittableRandom(seed + 2))
                            .toBufferedImage());
            if (mask != null) {
                // the mask contains the pixels that the defect changes, found by drawing the same product without it;
                // unchanged pixels inside it that only happen to look alike belong to it as well
                boolean[] changed = canvas.differs(painted(imageSize, null), VISIBLE);
                Mask region = new Mask(imageSize, imageSize, changed).closed(Math.max(1, imageSize / 85));
                PngFile.write(mask, region.toBufferedImage());
            }
        }

        private Canvas painted(int imageSize, @Nullable String withDefect) {
            Canvas canvas = new Canvas(imageSize);
            product.paint(canvas, new SplittableRandom(seed), withDefect, new SplittableRandom(seed + 1));
            return canvas;
        }
    }
}
