package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a class of the layouts of MVTec: {@code train/good}, {@code validation/good}, {@code test/good},
 * {@code test/<defect>} and {@code ground_truth/<defect>}. The normal images' folder may be called {@code ok}; file
 * formats may be mixed; the masks of an image are a file that its name leads to ({@link MaskPairing}), or all those in
 * a folder of its name. Other files are ignored.
 */
final class ClassFolders {
    private static final String[] NORMAL = {Sample.GOOD, "ok"};

    private ClassFolders() {}

    /** The class folders of a root: itself, or those directly inside; empty where there is none. */
    static List<Path> of(Path root) {
        return isClass(root)
                ? List.of(root)
                : Folders.subfolders(root).stream()
                        .filter(ClassFolders::isClass)
                        .toList();
    }

    /**
     * The folders directly inside a root that are no classes, and are passed over; empty where the root is a class
     * itself.
     */
    static List<Path> others(Path root) {
        return isClass(root)
                ? List.of()
                : Folders.subfolders(root).stream()
                        .filter(folder -> !isClass(folder))
                        .toList();
    }

    private static boolean isClass(Path folder) {
        return Folders.subfolder(folder, "train") != null || Folders.subfolder(folder, "test") != null;
    }

    /** The folders of {@code test} that are not the normal one; empty where there is no {@code test}. */
    static List<Path> defects(Path classFolder) {
        Path test = Folders.subfolder(classFolder, "test");
        if (test == null) {
            return List.of();
        }
        Path normal = Folders.subfolder(test, NORMAL);
        return Folders.subfolders(test).stream()
                .filter(folder -> !folder.equals(normal))
                .toList();
    }

    /**
     * All files of a class.
     *
     * @throws DataSetException if it has no image, or its folder of training images no folder of normal ones
     */
    static ClassSamples read(Path folder) {
        String name = Folders.nameOf(folder);
        ClassSamples samples = new ClassSamples(
                name,
                folder,
                readNormal(folder, "train", name),
                readNormal(folder, "validation", name),
                readTest(folder, name));
        if (samples.train().isEmpty() && samples.test().isEmpty()) {
            throw new DataSetException(
                    "class " + name + " in " + folder + " has no images",
                    "put normal ones (PNG, JPEG, BMP, GIF or TIFF) into "
                            + folder.resolve("train").resolve(Sample.GOOD),
                    null);
        }
        return samples;
    }

    private static List<Sample> readNormal(Path folder, String part, String name) {
        Path images = Folders.subfolder(folder, part);
        if (images == null) {
            return List.of();
        }
        Path normal = Folders.subfolder(images, NORMAL);
        if (normal == null) {
            throw new DataSetException(
                    "the folder " + images + " has no folder 'good'",
                    "put the normal images of class " + name + " into " + images.resolve(Sample.GOOD),
                    null);
        }
        return Folders.subfolders(images).stream()
                .filter(each -> sameName(each, normal))
                .flatMap(each -> Images.list(each).stream())
                .map(image -> Sample.good(image, name))
                .toList();
    }

    /** {@code good} and {@code Good}: on some systems they are one folder. */
    private static boolean sameName(Path one, Path other) {
        return Folders.nameOf(one).equalsIgnoreCase(Folders.nameOf(other));
    }

    private static List<Sample> readTest(Path folder, String name) {
        Path test = Folders.subfolder(folder, "test");
        if (test == null) {
            return List.of();
        }
        Path normal = Folders.subfolder(test, NORMAL);
        Path truth = Folders.subfolder(folder, "ground_truth");
        List<Sample> samples = new ArrayList<>();
        for (Path kind : Folders.subfolders(test)) {
            boolean good = normal != null && sameName(kind, normal);
            String defect = good ? Sample.GOOD : Folders.nameOf(kind);
            List<Path> images = Images.list(kind);
            Map<Path, List<Path>> masks =
                    masks(images, truth == null ? null : Folders.subfolder(truth, Folders.nameOf(kind)));
            for (Path image : images) {
                samples.add(new Sample(image, masks.getOrDefault(image, List.of()), name, defect, !good));
            }
        }
        return samples;
    }

    /** The masks of images that a folder, which may be null, holds as files or in a folder per image. */
    static Map<Path, List<Path>> masks(List<Path> images, @Nullable Path folder) {
        if (folder == null) {
            return Map.of();
        }
        Map<Path, List<Path>> masks = MaskPairing.pair(images, Images.list(folder));
        for (Path perImage : Folders.subfolders(folder)) {
            for (Path image : images) {
                if (Folders.stem(image).equals(Folders.nameOf(perImage))) {
                    List<Path> all = new ArrayList<>(masks.getOrDefault(image, List.of()));
                    all.addAll(Images.list(perImage));
                    masks.put(image, all);
                }
            }
        }
        return masks;
    }
}
