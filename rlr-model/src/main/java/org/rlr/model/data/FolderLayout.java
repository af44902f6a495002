package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlr.tensor.RlrException;

/**
 * Plain folders of one class, named after the root. Normal images to train on lie in the root itself or in {@code normal}. Optional, to evaluate:
 * {@code normal_test}; {@code abnormal}, with images or a folder per kind of defect; {@code masks}, with files, and folders per kind where
 * {@code abnormal} has them, named as for {@link MvtecLayout}.
 */
public final class FolderLayout implements DataLayout {
    static final String NAME = "folder";

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
    public Optional<String> evidence(Path root) {
        Path normal = Folders.subfolder(root, NORMAL);
        if (normal != null && !Images.list(normal).isEmpty()) {
            return Optional.of("there are images in " + Folders.nameOf(normal));
        }
        return Images.list(root).isEmpty() ? Optional.empty() : Optional.of("there are images in the folder itself");
    }

    @Override
    public DataSet read(Path root) {
        String name = Folders.nameOf(root);
        Path normal = Folders.subfolder(root, NORMAL);
        List<Path> images = Images.list(normal == null ? root : normal);
        if (images.isEmpty()) {
            throw new RlrException("the folder " + (normal == null ? root : normal) + " holds no images; put normal images (PNG, JPEG, BMP, GIF or TIFF) into it");
        }
        List<Sample> train = images.stream().map(image -> Sample.good(image, name)).toList();
        List<Sample> test = new ArrayList<>();
        Path normalTest = Folders.subfolder(root, NORMAL_TEST);
        if (normalTest != null) {
            Images.list(normalTest).forEach(image -> test.add(Sample.good(image, name)));
        }
        Path abnormal = Folders.subfolder(root, ABNORMAL);
        if (abnormal != null) {
            Path masks = Folders.subfolder(root, MASKS);
            addDefective(test, abnormal, masks, name, Folders.nameOf(abnormal));
            for (Path kind : Folders.subfolders(abnormal)) {
                Path own = masks == null ? null : Folders.subfolder(masks, Folders.nameOf(kind));
                addDefective(test, kind, own == null ? masks : own, name, Folders.nameOf(kind));
            }
        }
        return new DataSet(root, NAME, List.of(new ClassSamples(name, root, train, test)));
    }

    private static void addDefective(List<Sample> test, Path folder, Path maskFolder, String name, String defect) {
        List<Path> images = Images.list(folder);
        Map<Path, List<Path>> masks = ClassFolders.masks(images, maskFolder);
        images.forEach(image -> test.add(new Sample(image, masks.getOrDefault(image, List.of()), name, defect, true)));
    }
}
