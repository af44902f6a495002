package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * VisA as prepared by its authors' script: like MVTec AD, with one folder of defects, {@code bad}, and masks without
 * {@code _mask}.
 */
final class VisaPreparedLayout extends ClassFolderLayout {
    VisaPreparedLayout() {
        super("visa-prepared", "<class>/train/good, <class>/test/{good,bad} and <class>/ground_truth/bad");
    }

    @Override
    Optional<String> evidence(List<Path> classes) {
        for (Path each : classes) {
            List<Path> defects = ClassFolders.defects(each);
            if (defects.size() != 1 || !Folders.nameOf(defects.get(0)).equals("bad")) {
                return Optional.empty();
            }
        }
        return Optional.of("'bad' is the only folder of defects");
    }
}
