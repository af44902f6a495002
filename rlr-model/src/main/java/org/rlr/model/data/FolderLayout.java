package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plain folders of one class, named after the root. Normal images to train on lie in the root itself or in
 * {@code normal}. Optional, for evaluation: {@code normal_test}; {@code abnormal}, with images or a folder per kind of
 * defect; {@code masks}, with files, and folders per kind if {@code abnormal} has them, named as for
 * {@link MvtecLayout}. A mask outside the folders of kinds may belong to an image of any kind, but only to one.
 */
final class FolderLayout implements DataLayout {
    private static final String NAME = "folder";

    private static final String[] NORMAL = {"normal", "good", "ok"};
    private static final String[] NORMAL_TEST = {"normal_test", "good_test", "ok_test", "test_normal"};
    private static final String[] ABNORMAL = {"abnormal", "anomalous", "defective", "bad", "ng", "ko"};
    private static final String[] MASKS = {"masks", "mask", "ground_truth"};

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return "a folder of normal images, or folders normal, normal_test, abnormal and masks";
    }

    @Override
    public Optional<String> ownImages() {
        return Optional.of("a folder of normal images");
    }

    @Override
    public Optional<String> evidence(Path root) {
        Path normal = Folders.subfolder(root, NORMAL);
        if (normal != null && !Images.list(normal).isEmpty()) {
            return Optional.of("there are images in " + Folders.nameOf(normal));
        }
        return Images.list(root).isEmpty() ? Optional.empty() : Optional.of("there are images in the folder itself");
    }

    @Override
    public String testRemedy(ClassSamples samples) {
        return "put normal ones into " + samples.place("normal_test") + " and defective ones into "
                + samples.place("abnormal");
    }

    @Override
    public DataSet read(Path root) {
        String name = Folders.nameOf(root);
        Path normal = Folders.subfolder(root, NORMAL);
        List<Path> images = MasksBeside.imagesOf(normal == null ? root : normal);
        if (images.isEmpty()) {
            throw new DataSetException(
                    "the folder " + (normal == null ? root : normal) + " holds no images"
                            + Images.insteadOfImages(normal == null ? root : normal),
                    "put normal images (" + ImageFormat.all("or") + ") into it",
                    null);
        }
        List<Sample> train =
                images.stream().map(image -> Sample.good(image, name)).toList();
        List<Sample> test = new ArrayList<>();
        Path normalTest = Folders.subfolder(root, NORMAL_TEST);
        if (normalTest != null) {
            MasksBeside.imagesOf(normalTest).forEach(image -> test.add(Sample.good(image, name)));
        }
        Path abnormal = Folders.subfolder(root, ABNORMAL);
        if (abnormal != null) {
            Path masks = Folders.subfolder(root, MASKS);
            addDefective(test, abnormal, masks, name);
        }
        return new DataSet(root, NAME, List.of(new ClassSamples(name, root, train, test)));
    }

    /**
     * Adds the images of a folder and of its folders, one per kind of defect; all share the masks that lie in no folder
     * of a kind.
     */
    private static void addDefective(List<Sample> test, Path abnormal, @Nullable Path masks, String name) {
        Map<Path, List<Path>> folders = new LinkedHashMap<>();
        folders.put(abnormal, MasksBeside.imagesOf(abnormal));
        Folders.subfolders(abnormal).forEach(kind -> folders.put(kind, MasksBeside.imagesOf(kind)));
        Map<Path, List<Path>> found = new HashMap<>();
        List<Path> sharing = new ArrayList<>();
        folders.forEach((kind, images) -> {
            MasksBeside.pairs(Images.list(kind)).forEach((image, mask) -> found.put(image, List.of(mask)));
            List<Path> own =
                    masks == null || kind.equals(abnormal) ? List.of() : Folders.named(masks, Folders.nameOf(kind));
            if (own.isEmpty()) {
                sharing.addAll(images);
            } else {
                found.putAll(ClassFolders.masks(images, own));
            }
        });
        found.putAll(ClassFolders.masks(sharing, Stream.ofNullable(masks).toList()));
        folders.forEach((kind, images) -> images.forEach(image ->
                test.add(new Sample(image, found.getOrDefault(image, List.of()), name, Folders.nameOf(kind), true))));
    }
}
