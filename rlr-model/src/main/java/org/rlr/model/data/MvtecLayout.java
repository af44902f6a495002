package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The layout of MVTec AD, used by many other data sets. */
final class MvtecLayout extends ClassFolderLayout {
    MvtecLayout() {
        super("mvtec", "<class>/train/good, <class>/test/{good,<defect>} and <class>/ground_truth/<defect>");
    }

    @Override
    public Optional<String> ownImages() {
        return Optional.of("<class>/train/good, <class>/test/{good,<defect>}, <class>/ground_truth/<defect>");
    }

    @Override
    Optional<String> evidence(List<Path> classes) {
        Path first = classes.get(0);
        String part = Folders.subfolder(first, "train") != null ? "train" : "test";
        return Optional.of("there is " + Folders.nameOf(first) + "/" + part);
    }
}
