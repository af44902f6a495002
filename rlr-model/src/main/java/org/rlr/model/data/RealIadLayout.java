package org.rlr.model.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Real-IAD: folders of one resolution each, {@code realiad_256}, {@code realiad_1024}, … with a folder per class, and
 * per class a list of its images, {@code realiad_jsons/<lists>/<class>.json} ({@link RealIadList}), where {@code lists}
 * is {@code realiad_jsons} for all five views of an object and {@code realiad_jsons_sv} for one. The root is the folder
 * of all resolutions, of one resolution, or of one class in it. Lists beside the class folders or directly in
 * {@code realiad_jsons} count as lists of all views.
 */
final class RealIadLayout implements DataLayout {
    /** The layout with the lists of all views. */
    static final RealIadLayout ALL_VIEWS = new RealIadLayout("real-iad", "realiad_jsons");
    /** The layout with the lists of a single view. */
    static final RealIadLayout SINGLE_VIEW = new RealIadLayout("real-iad-sv", "realiad_jsons_sv");

    private static final Pattern RESOLUTION = Pattern.compile("realiad_\\d+");
    private static final String HOME = "realiad_jsons";

    private final String name;
    private final String lists;

    private RealIadLayout(String name, String lists) {
        this.name = name;
        this.lists = lists;
    }

    /** The folders of lists and images; {@code only} is the single class to read, or null for all. */
    private record Place(Path lists, Path images, @Nullable String only) {}

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return "realiad_<resolution>/<class> and realiad_jsons/" + lists + "/<class>.json";
    }

    @Override
    public Optional<String> evidence(Path root) {
        return Optional.ofNullable(place(root))
                .map(place -> "there are lists of images in " + Folders.nameOf(place.lists));
    }

    @Override
    public String trainingRemedy(ClassSamples samples) {
        return DataLayouts.LIST_REMEDY;
    }

    @Override
    public String testRemedy(ClassSamples samples) {
        return DataLayouts.LIST_REMEDY;
    }

    @Override
    public DataSet read(Path root) {
        Path absolute = root.toAbsolutePath().normalize();
        if (lists(absolute) != null && resolutions(absolute).size() > 1) {
            String names = String.join(
                    ", ", resolutions(absolute).stream().map(Folders::nameOf).toList());
            throw new DataSetException(
                    root + " holds Real-IAD in several resolutions (" + names + ")",
                    "give the folder of one, such as " + resolutions(absolute).get(0),
                    null);
        }
        Place place = place(root);
        if (place == null) {
            throw new DataSetException(
                    root + " has no lists of images",
                    "arrange it as " + description() + " (layout " + name() + ")",
                    null);
        }
        List<ClassSamples> classes = new ArrayList<>();
        List<String> absent = new ArrayList<>();
        for (Path list : files(place.lists)) {
            String product = Folders.stem(list);
            Path folder = place.images.resolve(product);
            if (place.only != null && !place.only.equals(product)) {
                continue;
            }
            if (Files.isDirectory(folder)) {
                classes.add(RealIadList.read(list, product, folder));
            } else {
                absent.add(product);
            }
        }
        if (classes.isEmpty()) {
            throw new DataSetException(
                    "none of the classes that " + place.lists + " lists has a folder in " + place.images,
                    "copy the images there",
                    null);
        }
        List<String> notes = new ArrayList<>();
        RealIadLayout other = this == ALL_VIEWS ? SINGLE_VIEW : ALL_VIEWS;
        notes.add("split by the lists in " + place.lists
                + (other.evidence(root).isEmpty()
                        ? ""
                        : "; those in " + other.lists + " are there too, layout " + other.name + " takes them"));
        if (!absent.isEmpty()) {
            notes.add(absent.size() + " classes that are listed have no folder of images and are left out: "
                    + String.join(", ", absent));
        }
        return new DataSet(root, name(), classes, notes);
    }

    private @Nullable Place place(Path root) {
        Path here = root.toAbsolutePath().normalize();
        List<Path> resolutions = resolutions(here);
        Path inside = lists(here);
        if (inside != null && !resolutions.isEmpty()) {
            return new Place(inside, resolutions.get(0), null);
        }
        Path parent = here.getParent();
        Path beside = lists(parent);
        if (isResolution(here) && beside != null) {
            return new Place(beside, here, null);
        }
        Path above = parent != null && isResolution(parent) ? lists(parent.getParent()) : null;
        if (parent != null && above != null) {
            return new Place(above, parent, Folders.nameOf(here));
        }
        if (this != ALL_VIEWS) {
            return null;
        }
        if (files(here).stream().anyMatch(list -> isClass(here.resolve(Folders.stem(list))))) {
            return new Place(here, here, null);
        }
        if (parent != null && isClass(here) && Files.isRegularFile(parent.resolve(Folders.nameOf(here) + ".json"))) {
            return new Place(parent, parent, Folders.nameOf(here));
        }
        return null;
    }

    private static boolean isClass(Path folder) {
        return Files.isDirectory(folder.resolve("OK")) || Files.isDirectory(folder.resolve("NG"));
    }

    private static boolean isResolution(Path folder) {
        return RESOLUTION.matcher(Folders.nameOf(folder)).matches();
    }

    private static List<Path> resolutions(Path folder) {
        return Folders.subfolders(folder).stream()
                .filter(RealIadLayout::isResolution)
                .toList();
    }

    /** Returns the folder of lists below a folder; null if the folder is null or has none. */
    private @Nullable Path lists(@Nullable Path folder) {
        if (folder == null) {
            return null;
        }
        for (Path each : List.of(folder.resolve(HOME).resolve(lists), folder.resolve(lists))) {
            if (Files.isDirectory(each) && !files(each).isEmpty()) {
                return each;
            }
        }
        return null;
    }

    private static List<Path> files(Path folder) {
        return Folders.files(folder, file -> file.getFileName().toString().endsWith(".json"));
    }
}
