package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The layout of MVTec LOCO: adds {@code validation/good}; the masks of an image, {@code 000.png}, {@code 001.png}, …,
 * are in a folder of its name.
 */
final class LocoLayout extends ClassFolderLayout {
    private static final String[] KINDS = {"logical_anomalies", "structural_anomalies"};

    LocoLayout() {
        super(
                "loco",
                "<class>/{train,validation}/good, <class>/test/{good,logical_anomalies,structural_anomalies} "
                        + "and <class>/ground_truth/<kind>/<image>/000.png");
    }

    @Override
    Optional<String> evidence(List<Path> classes) {
        for (Path each : classes) {
            Path test = Folders.subfolder(each, "test");
            Path kind = test == null ? null : Folders.subfolder(test, KINDS);
            if (kind != null) {
                return Optional.of("there is " + Folders.nameOf(each) + "/test/" + Folders.nameOf(kind));
            }
        }
        return Optional.empty();
    }
}
