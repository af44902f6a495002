package org.rlr.model.data;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The common base of the layouts of class folders with {@code train} and {@code test}, read by {@link ClassFolders}.
 */
abstract class ClassFolderLayout implements DataLayout {
    private final String name;
    private final String description;

    ClassFolderLayout(String name, String description) {
        this.name = name;
        this.description = description;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final String description() {
        return description;
    }

    @Override
    public final Optional<String> evidence(Path root) {
        List<Path> classes = ClassFolders.of(root);
        return classes.isEmpty() ? Optional.empty() : evidence(classes);
    }

    /** Like {@link #evidence(Path)}, for at least one folder that has {@code train} or {@code test}. */
    abstract Optional<String> evidence(List<Path> classes);

    @Override
    public final DataSet read(Path root) {
        List<ClassSamples> classes =
                ClassFolders.of(root).stream().map(ClassFolders::read).toList();
        if (classes.isEmpty()) {
            throw new DataSetException(
                    "the folder " + root + " holds no class",
                    "arrange it as " + description + " (layout " + name + ")",
                    null);
        }
        Set<String> names = new HashSet<>();
        for (ClassSamples each : classes) {
            if (!names.add(each.name())) {
                throw new DataSetException(
                        "two folders of " + root + " have the name " + each.name()
                                + ", but encode its accented letters differently",
                        "put the images of both into one folder",
                        null);
            }
        }
        return new DataSet(root, name, classes, notes(ClassFolders.others(root)));
    }

    private static List<String> notes(List<Path> others) {
        if (others.isEmpty()) {
            return List.of();
        }
        String names = others.stream().map(Folders::nameOf).collect(Collectors.joining(", "));
        return List.of(
                others.size() == 1
                        ? "1 folder has neither 'train' nor 'test' and is left out: " + names
                        : others.size() + " folders have neither 'train' nor 'test' and are left out: " + names);
    }
}
