package org.rlr.model.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Texts;
import org.rlr.tensor.CancelledException;

/**
 * The files below a folder that are not read, by the reason why. Links are followed; folders whose name begins with a
 * dot are not looked into.
 *
 * @param folder where they lie; null where there is none
 * @param files sorted by path; no entry where no file has that reason
 */
public record PassedOver(@Nullable Path folder, Map<Reason, List<Path>> files) {
    /** Why a file is not read. */
    public enum Reason {
        /** A link whose target does not exist, or that leads to itself. */
        DANGLING_LINK("link to nothing", "links to nothing"),
        /** A link to a folder in which it lies. */
        LOOPING_LINK("link to a folder around it", "links to folders around them"),
        /** A folder that cannot be listed, or a file that cannot be looked at. */
        UNREADABLE("folder or file that cannot be opened", "folders or files that cannot be opened"),
        /** An image by its suffix or its first bytes, but of another format or without the suffix of one. */
        OTHER_FORMAT("image whose suffix is not read", "images whose suffixes are not read"),
        /** A file that is named as an image, but begins with a dot. */
        HIDDEN("hidden file named as an image", "hidden files named as images"),
        /** An image in a folder of which no image is read. */
        OTHER_FOLDER("image in a folder that is not read", "images in folders that are not read"),
        /** An image named as the mask of one that is read, beside that. */
        MASK("mask beside its image", "masks beside their images"),
        /** An image beside those that are read, as a mask of none or what a list does not name. */
        UNUSED("image file", "image files"),
        /** Any other file. */
        NO_IMAGE("other file", "other files");

        private final String one;
        private final String many;

        Reason(String one, String many) {
            this.one = one;
            this.many = many;
        }

        String count(int files) {
            return files + " " + (files == 1 ? one : many);
        }
    }

    private static final Set<String> OTHER_FORMATS = Set.of(
            "apng", "arw", "avif", "bpg", "cr2", "cr3", "dcm", "dib", "dng", "exr", "hdr", "heic", "heif", "hif", "ico",
            "j2k", "jp2", "jpx", "jxl", "jxr", "nef", "orf", "pbm", "pcx", "pgm", "pjpeg", "pnm", "ppm", "psd", "qoi",
            "raf", "rw2", "tga", "webp");

    /** Copies the lists. */
    public PassedOver {
        Map<Reason, List<Path>> copy = new EnumMap<>(Reason.class);
        files.forEach((reason, paths) -> copy.put(reason, List.copyOf(paths)));
        files = Collections.unmodifiableMap(copy);
    }

    /**
     * Looks below a folder.
     *
     * @param folder an existing folder
     * @param read the files that are read; where there are none, images in the folder itself belong to none
     * @return the other files
     * @throws CancelledException if the thread is interrupted
     */
    public static PassedOver of(Path folder, Collection<Path> read) {
        return of(folder, List.of(folder), read);
    }

    static PassedOver of(@Nullable Path folder, List<Path> roots, Collection<Path> read) {
        Walk walk = new Walk(read, roots);
        for (Path root : roots) {
            try {
                Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, walk);
            } catch (IOException e) {
                throw new IllegalStateException(e); // the visitor throws none
            }
        }
        walk.found.values().forEach(Collections::sort);
        return new PassedOver(folder, walk.found);
    }

    /**
     * The files of a reason.
     *
     * @param reason which
     * @return sorted by path; empty where there are none
     */
    public List<Path> files(Reason reason) {
        return files.getOrDefault(reason, List.of());
    }

    /** {@return how many files look like images or are broken links: all but {@link Reason#NO_IMAGE}} */
    public int count() {
        return files.entrySet().stream()
                .filter(each -> each.getKey() != Reason.NO_IMAGE)
                .mapToInt(each -> each.getValue().size())
                .sum();
    }

    /** {@return one line with the number of files and the first of each reason; empty where {@link #count} is 0} */
    public Optional<String> note() {
        int count = count();
        return count == 0
                ? Optional.empty()
                : Optional.of(Texts.count(count, "file") + (folder == null ? "" : " in " + folder)
                        + (count == 1 ? " is" : " are") + " passed over: " + summary());
    }

    /** As {@code 2 hidden files named as images (first …); 1 link to nothing (…)}; empty where there are none. */
    String summary() {
        return Stream.of(Reason.values())
                .filter(reason -> reason != Reason.NO_IMAGE && !files(reason).isEmpty())
                .map(reason -> reason.count(files(reason).size()) + " ("
                        + (files(reason).size() == 1 ? "" : "first ") + relative(first(reason)) + ")")
                .collect(Collectors.joining("; "));
    }

    /** Without the folder, which is named before. */
    private String relative(String first) {
        String prefix = folder == null ? "" : folder + folder.getFileSystem().getSeparator();
        return first.startsWith(prefix) ? first.substring(prefix.length()) : first;
    }

    /** The first file of a reason; of a link also where it leads. */
    String first(Reason reason) {
        return withTarget(files(reason).get(0));
    }

    /** A file; where it is a link also where that leads. */
    static String withTarget(Path file) {
        try {
            return Files.isSymbolicLink(file) ? file + " -> " + Files.readSymbolicLink(file) : file.toString();
        } catch (IOException e) {
            return file.toString();
        }
    }

    private static final class Walk extends SimpleFileVisitor<Path> {
        final Map<Reason, List<Path>> found = new EnumMap<>(Reason.class);
        private final Set<Path> read = new HashSet<>();
        /** Of the files that are read, without suffix. */
        private final Set<Path> stems = new HashSet<>();
        /** Of the files that are read. */
        private final Set<Path> folders = new HashSet<>();

        private final List<Path> roots;

        Walk(Collection<Path> files, List<Path> roots) {
            this.roots = roots;
            files.forEach(file -> read.add(absolute(file)));
            read.forEach(file -> stems.add(MasksBeside.stem(file)));
            (files.isEmpty() ? roots.stream().map(root -> root.resolve("file")) : files.stream())
                    .forEach(file -> folders.add(parent(file)));
        }

        private static Path absolute(Path file) {
            return file.toAbsolutePath().normalize();
        }

        private static Path parent(Path file) {
            Path parent = absolute(file).getParent();
            return parent == null ? file : parent;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            CancelledException.throwIfInterrupted("listing the folders of a data set");
            return isHidden(folder) && !roots.contains(folder)
                    ? FileVisitResult.SKIP_SUBTREE
                    : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!read.contains(absolute(file))) {
                add(attributes.isSymbolicLink() && !isHidden(file) ? Reason.DANGLING_LINK : reason(file), file);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            add(e instanceof FileSystemLoopException ? Reason.LOOPING_LINK : Reason.UNREADABLE, file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) {
            if (e != null) {
                add(Reason.UNREADABLE, folder);
            }
            return FileVisitResult.CONTINUE;
        }

        private void add(Reason reason, Path file) {
            found.computeIfAbsent(reason, each -> new ArrayList<>()).add(file);
        }

        private Reason reason(Path file) {
            boolean beside = folders.contains(parent(file));
            if (isHidden(file)) {
                String name = file.getFileName().toString().replaceFirst("^[._]+", "");
                return Images.hasImageName(Path.of(name)) ? Reason.HIDDEN : Reason.NO_IMAGE;
            }
            if (Images.hasImageName(file)) {
                return !beside ? Reason.OTHER_FOLDER : isMask(file) ? Reason.MASK : Reason.UNUSED;
            }
            return hasOtherFormat(file) || (beside && beginsAsImage(file)) ? Reason.OTHER_FORMAT : Reason.NO_IMAGE;
        }

        private boolean isMask(Path file) {
            return MasksBeside.stemsOfImages(absolute(file)).stream().anyMatch(stems::contains);
        }

        private static boolean hasOtherFormat(Path file) {
            String name = file.getFileName().toString();
            return OTHER_FORMATS.contains(
                    name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
        }

        private static boolean beginsAsImage(Path file) {
            if (!Files.isRegularFile(file)) {
                return false; // a pipe would be waited for
            }
            try (InputStream in = Files.newInputStream(file)) {
                return ImageFormat.of(in.readNBytes(16)) != null;
            } catch (IOException e) {
                return false;
            }
        }

        private static boolean isHidden(Path path) {
            Path name = absolute(path).getFileName();
            return name != null && name.toString().startsWith(".");
        }
    }
}
