package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The layout of BTAD: like MVTec AD, but normal images are in {@code ok}, and masks have the names of their images; the
 * suffix may differ.
 */
final class BtadLayout extends ClassFolderLayout {
    BtadLayout() {
        super("btad", "<class>/train/ok, <class>/test/{ok,<defect>} and <class>/ground_truth/<defect>");
    }

    @Override
    Optional<String> evidence(List<Path> classes) {
        for (Path each : classes) {
            Path train = Folders.subfolder(each, "train");
            if (train == null
                    || Folders.subfolder(train, "ok") == null
                    || Folders.subfolder(train, Sample.GOOD) != null) {
                return Optional.empty();
            }
        }
        return Optional.of("normal images are in " + Folders.nameOf(classes.get(0)) + "/train/ok");
    }
}
