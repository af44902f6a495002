package org.rlr.model.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Services;

/** The known layouts; reads a data set in the layout that fits. */
public final class DataLayouts {
    /** The remedy of layouts with a list of their images, where adding files to a folder has no effect. */
    static final String LIST_REMEDY = "the list of the data set's images names none: copy it again, or use another";

    private static @Nullable Map<String, DataLayout> found;

    private DataLayouts() {}

    /** The built-in layouts, the most specific first. */
    public static final class BuiltIn implements DataLayoutProvider {
        /** Creates the provider, for {@link java.util.ServiceLoader}. */
        public BuiltIn() {}

        @Override
        public List<DataLayout> layouts() {
            return List.of(
                    new VisaLayout(),
                    RealIadLayout.ALL_VIEWS,
                    RealIadLayout.SINGLE_VIEW,
                    new KolektorLayout(),
                    new Kolektor2Layout(),
                    new MagneticTileLayout(),
                    new LocoLayout(),
                    new BtadLayout(),
                    new VisaPreparedLayout(),
                    new MpddLayout(),
                    new MvtecLayout(),
                    new FolderLayout());
        }

        @Override
        public int priority() {
            return -1;
        }
    }

    /** Returns the layouts by name, in the order in which they are tried. */
    private static synchronized Map<String, DataLayout> byName() {
        if (found == null) {
            List<DataLayout> layouts = Services.load(DataLayoutProvider.class, "data layouts").stream()
                    .sorted(Comparator.comparingInt(DataLayoutProvider::priority)
                            .reversed()
                            .thenComparing(each -> each.getClass().getName()))
                    .flatMap(provider -> provider.layouts().stream())
                    .toList();
            found = Services.byName(layouts, layout -> Collections.singletonList(layout.name()), "data layouts");
        }
        return found;
    }

    /**
     * Returns all layouts of every {@link DataLayoutProvider} on the class path.
     *
     * @return the layouts in the order in which they are tried
     * @throws RlrException if a provider cannot be used
     */
    public static List<DataLayout> all() {
        return List.copyOf(byName().values());
    }

    /**
     * Reads a data set in the first layout that fits.
     *
     * @param root the data set's folder
     * @return the data set
     * @throws DataSetException if the folder is missing, empty, in no known layout, or something in it is missing
     */
    public static DataSet read(Path root) {
        return recognise(root).read(root);
    }

    /**
     * Returns the first layout that fits a folder.
     *
     * @param root the data set's folder
     * @return the layout
     * @throws DataSetException if the folder is missing, empty or in no known layout
     */
    public static DataLayout recognise(Path root) {
        requireFolder(root);
        return all().stream()
                .filter(layout -> layout.evidence(root).isPresent())
                .findFirst()
                .orElseThrow(() -> new DataSetException(
                        "the folder " + root + " holds no data set of a known layout" + contents(root),
                        remedy(),
                        null));
    }

    /** Lists the layouts for your own images, and the names of the others. */
    private static String remedy() {
        List<String> own = all().stream()
                .flatMap(layout -> layout.ownImages().map(shape -> shape + " (" + layout.name() + ")").stream())
                .toList();
        String others = all().stream()
                .filter(layout -> layout.ownImages().isEmpty())
                .map(DataLayout::name)
                .collect(Collectors.joining(", "));
        return (own.isEmpty() ? "" : "arrange it as " + String.join(", or ", own) + "; ") + "data sets as published: "
                + others;
    }

    /**
     * Reads a data set in a given layout.
     *
     * @param root the data set's folder
     * @param layoutName one of {@link DataLayout#name}
     * @return the data set
     * @throws InvalidSettingException if there is no such layout
     * @throws DataSetException as {@link #read(Path)}
     */
    public static DataSet read(Path root, String layoutName) {
        DataLayout layout = named(layoutName);
        requireFolder(root);
        return layout.read(root);
    }

    /**
     * Returns the layout with a name.
     *
     * @param name one of {@link DataLayout#name}
     * @return the layout
     * @throws InvalidSettingException if the name is unknown, with the known names
     */
    public static DataLayout named(String name) {
        DataLayout layout = byName().get(name);
        if (layout == null) {
            String names = String.join(", ", byName().keySet());
            throw new InvalidSettingException(
                    "layout",
                    name,
                    "one of " + names,
                    "there is no data layout '" + name + "'",
                    "choose one of " + names);
        }
        return layout;
    }

    private static void requireFolder(Path root) {
        if (!Files.exists(root)) {
            throw new DataSetException("the data folder " + root + " does not exist", "check the path", null);
        }
        if (!Files.isDirectory(root)) {
            throw new DataSetException(root + " is a file", "give the folder that holds the data set", null);
        }
    }

    private static String contents(Path root) {
        List<Path> folders = Folders.subfolders(root);
        if (folders.isEmpty()) {
            return " (no image and no folder is in it" + Images.insteadOfImages(root) + ")";
        }
        String names = folders.stream().limit(5).map(Folders::nameOf).collect(Collectors.joining(", "));
        return " (folders in it: " + names + (folders.size() > 5 ? ", …" : "") + Images.insteadOfImages(root) + ")";
    }
}
