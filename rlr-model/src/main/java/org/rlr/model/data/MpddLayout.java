package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** MPDD: like MVTec AD, recognised by the names of its classes; a mask's name contains that of its image. */
final class MpddLayout extends ClassFolderLayout {
    private static final Set<String> CLASSES =
            Set.of("bracket_black", "bracket_brown", "bracket_white", "connector", "metal_plate", "tubes");

    MpddLayout() {
        super(
                "mpdd",
                "the classes of MPDD as <class>/train/good, <class>/test/{good,<defect>} and "
                        + "<class>/ground_truth/<defect>");
    }

    @Override
    Optional<String> evidence(List<Path> classes) {
        return classes.stream().allMatch(each -> CLASSES.contains(Folders.nameOf(each)))
                ? Optional.of("every class (" + Folders.nameOf(classes.get(0)) + (classes.size() > 1 ? ", …" : "")
                        + ") has a name from MPDD")
                : Optional.empty();
    }
}
