package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.rlr.tensor.backend.Parallel;

/** Finds masks beside their images, with the image's name and an added word: {@code 7.png} and {@code 7_GT.png}. */
final class MasksBeside {
    private static final String[] WORDS = {"_gt", "_mask", "_label", "_labels", "_seg"};

    private MasksBeside() {}

    /** Returns a file without its suffix, in lower case. */
    static Path stem(Path file) {
        return file.resolveSibling(Folders.stem(file).toLowerCase(Locale.ROOT));
    }

    /** Returns the stems of the images whose mask a file could be. */
    static List<Path> stemsOfImages(Path mask) {
        String stem = stem(mask).getFileName().toString();
        return Stream.of(WORDS)
                .filter(word -> stem.endsWith(word) && stem.length() > word.length())
                .map(word -> mask.resolveSibling(stem.substring(0, stem.length() - word.length())))
                .toList();
    }

    /** Returns the mask of each image, in the order of the images. */
    static Map<Path, Path> pairs(List<Path> files, String... words) {
        Map<Path, Path> byStem = new HashMap<>();
        files.forEach(file -> byStem.put(stem(file), file));
        Map<Path, Path> pairs = new LinkedHashMap<>();
        for (Path image : files) {
            for (String word : words) {
                Path mask = byStem.get(image.resolveSibling(stem(image).getFileName() + word));
                if (mask != null) {
                    pairs.putIfAbsent(image, mask);
                }
            }
        }
        return pairs;
    }

    /** Like {@link #pairs(List, String...)}, with all usual words. */
    static Map<Path, Path> pairs(List<Path> files) {
        return pairs(files, WORDS);
    }

    /** Returns the images directly in a folder, without those named as masks of others there. */
    static List<Path> imagesOf(Path folder) {
        List<Path> files = new ArrayList<>(Images.list(folder));
        files.removeAll(Set.copyOf(pairs(files).values()));
        return files;
    }

    /**
     * Reads a folder in which every image has a mask beside it; an image is defective if its mask has a pixel set.
     *
     * @throws DataSetException if a mask is missing
     * @throws ImageException if a mask cannot be read
     */
    static List<Sample> read(Path folder, String word, String className) {
        List<Path> files = Images.list(folder);
        Map<Path, Path> pairs = pairs(files, word);
        Set<Path> masks = Set.copyOf(pairs.values());
        List<Path> images = files.stream().filter(file -> !masks.contains(file)).toList();
        Sample[] samples = new Sample[images.size()];
        try (Parallel parallel = new Parallel(0)) {
            parallel.forEach(samples.length, i -> {
                Path image = images.get(i);
                Path mask = pairs.get(image);
                if (mask == null) {
                    throw new DataSetException(
                            "the image " + image + " has no mask beside it named " + Folders.stem(image) + word,
                            "copy the whole data set again",
                            null);
                }
                boolean defective = Masks.any(ImageSource.of(mask));
                samples[i] = new Sample(image, List.of(mask), className, defective ? "defect" : Sample.GOOD, defective);
            });
        }
        return List.of(samples);
    }
}
