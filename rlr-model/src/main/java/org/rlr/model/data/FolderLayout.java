package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import org.rlr.tensor.RlrException;

/** A plain folder of normal images: one class, named after the folder, to train on. */
public final class FolderLayout implements DataLayout {
    @Override
    public String name() {
        return "folder";
    }

    @Override
    public String description() {
        return "a folder of normal images (training only)";
    }

    @Override
    public boolean recognises(Path root) {
        return !Images.list(root).isEmpty();
    }

    @Override
    public DataSet read(Path root) {
        List<Path> images = Images.list(root);
        if (images.isEmpty()) {
            throw new RlrException("the folder " + root + " holds no images; put normal images (PNG, JPEG, BMP, GIF or TIFF) into it");
        }
        String name = Folders.nameOf(root);
        List<Sample> train = images.stream().map(image -> Sample.good(image, name)).toList();
        return new DataSet(root, name(), List.of(new ClassSamples(name, root, train, List.of())));
    }
}
