package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reads a class of the layouts of MVTec: {@code train/good}, {@code validation/good}, {@code test/good},
 * {@code test/<defect>} and {@code ground_truth/<defect>}. The normal images' folder may be called {@code ok}; file
 * formats may be mixed; the mask of an image is a file with a matching name ({@link MaskPairing}), or all files in a
 * folder of the image's name. Other files are ignored.
 */
final class ClassFolders {
    private static final String[] NORMAL = {Sample.GOOD, "ok"};

    private ClassFolders() {}

    /** Returns the class folders of a root: the root itself, or the folders directly inside; empty if there is none. */
    static List<Path> of(Path root) {
        return isClass(root)
                ? List.of(root)
                : Folders.subfolders(root).stream()
                        .filter(ClassFolders::isClass)
                        .toList();
    }

    /**
     * Returns the folders directly inside a root that are not classes and are skipped; empty if the root is a class
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

    /** Returns the folders of {@code test} except that of normal images; empty without {@code test}. */
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
     * Reads all files of a class.
     *
     * @throws DataSetException if it has no image, or its {@code train} has no folder of normal images
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
                    "class " + name + " in " + folder + " has no images" + Images.insteadOfImages(folder),
                    "put normal ones (" + ImageFormat.all("or") + ") into "
                            + folder.resolve("train").resolve(Sample.GOOD),
                    null);
        }
        return samples;
    }

    private static List<Sample> readNormal(Path folder, String part, String name) {
        List<Sample> samples = new ArrayList<>();
        for (Path images : Folders.named(folder, part)) {
            List<Path> normal = Folders.named(images, NORMAL);
            if (normal.isEmpty()) {
                throw new DataSetException(
                        "the folder " + images + " has no folder 'good'" + Images.insteadOfImages(images),
                        "put the normal images of class " + name + " into " + images.resolve(Sample.GOOD),
                        null);
            }
            normal.stream()
                    .flatMap(each -> MasksBeside.imagesOf(each).stream())
                    .forEach(image -> samples.add(Sample.good(image, name)));
        }
        return samples;
    }

    private static List<Sample> readTest(Path folder, String name) {
        List<Sample> samples = new ArrayList<>();
        for (Path test : Folders.named(folder, "test")) {
            List<Path> normal = Folders.named(test, NORMAL);
            for (Path kind : Folders.subfolders(test)) {
                boolean good = normal.contains(kind);
                List<Path> truth = Folders.named(folder, "ground_truth").stream()
                        .flatMap(each -> Folders.named(each, Folders.nameOf(kind)).stream())
                        .toList();
                List<Path> images = MasksBeside.imagesOf(kind);
                Map<Path, List<Path>> masks = masks(images, truth);
                Map<Path, Path> beside = MasksBeside.pairs(Images.list(kind));
                for (Path image : images) {
                    samples.add(new Sample(
                            image,
                            masks.getOrDefault(
                                    image, Stream.ofNullable(beside.get(image)).toList()),
                            name,
                            good ? Sample.GOOD : Folders.nameOf(kind),
                            !good));
                }
            }
        }
        return samples;
    }

    /** Returns the masks of images; the folders hold them as files or in a folder per image. */
    static Map<Path, List<Path>> masks(List<Path> images, List<Path> folders) {
        Map<Path, List<Path>> masks = MaskPairing.pair(
                images,
                folders.stream().flatMap(each -> Images.list(each).stream()).toList());
        folders.stream().flatMap(each -> Folders.subfolders(each).stream()).forEach(perImage -> {
            for (Path image : images) {
                if (Folders.stem(image).equals(Folders.nameOf(perImage))) {
                    List<Path> all = new ArrayList<>(masks.getOrDefault(image, List.of()));
                    all.addAll(Images.list(perImage));
                    masks.put(image, all);
                }
            }
        });
        return masks;
    }
}
