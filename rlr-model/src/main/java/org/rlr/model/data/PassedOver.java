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
 * The files below a folder that are not read, by reason. Follows links; skips folders whose name begins with a dot.
 *
 * @param folder the folder; null for none
 * @param files the files of each reason, sorted by path; no entry for a reason without files
 */
public record PassedOver(@Nullable Path folder, Map<Reason, List<Path>> files) {
    /** The reason why a file is not read. */
    public enum Reason {
        /** A link to itself or to a missing target. */
        DANGLING_LINK("link to nothing", "links to nothing"),
        /** A link to a folder that contains it. */
        LOOPING_LINK("link to a folder around it", "links to folders around them"),
        /** A folder that cannot be listed, or a file that cannot be examined. */
        UNREADABLE("folder or file that cannot be opened", "folders or files that cannot be opened"),
        /** An image, by its suffix or first bytes, of an unsupported format or without a known suffix. */
        OTHER_FORMAT("image whose suffix is not read", "images whose suffixes are not read"),
        /** A file that is named as an image, but begins with a dot. */
        HIDDEN("hidden file named as an image", "hidden files named as images"),
        /** An image in a folder from which no image is read. */
        OTHER_FOLDER("image in a folder that is not read", "images in folders that are not read"),
        /** An image beside one that is read, named as its mask. */
        MASK("mask beside its image", "masks beside their images"),
        /** An unused image beside those that are read: a mask without image, or an image that a list omits. */
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
     * Finds the files below a folder that are not read.
     *
     * @param folder an existing folder
     * @param read the files that are read; if empty, images in the folder itself are {@link Reason#UNUSED}
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
     * Returns the files of a reason.
     *
     * @param reason the reason
     * @return the files, sorted by path; may be empty
     */
    public List<Path> files(Reason reason) {
        return files.getOrDefault(reason, List.of());
    }

    /** {@return the number of files except {@link Reason#NO_IMAGE}: those that look like images or are broken links} */
    public int count() {
        return files.entrySet().stream()
                .filter(each -> each.getKey() != Reason.NO_IMAGE)
                .mapToInt(each -> each.getValue().size())
                .sum();
    }

    /** {@return one line with the number of files and the first of each reason; empty if {@link #count} is 0} */
    public Optional<String> note() {
        int count = count();
        return count == 0
                ? Optional.empty()
                : Optional.of(Texts.count(count, "file") + (folder == null ? "" : " in " + folder)
                        + (count == 1 ? " is" : " are") + " skipped: " + summary());
    }

    /** Returns for example {@code 2 hidden files named as images (first …); 1 link to nothing (…)}; may be empty. */
    String summary() {
        return Stream.of(Reason.values())
                .filter(reason -> reason != Reason.NO_IMAGE && !files(reason).isEmpty())
                .map(reason -> reason.count(files(reason).size()) + " ("
                        + (files(reason).size() == 1 ? "" : "first ") + relative(first(reason)) + ")")
                .collect(Collectors.joining("; "));
    }

    /** Returns the path relative to the folder, which the message already names. */
    private String relative(String first) {
        String prefix = folder == null ? "" : folder + folder.getFileSystem().getSeparator();
        return first.startsWith(prefix) ? first.substring(prefix.length()) : first;
    }

    /** Returns the first file of a reason; for a link with its target. */
    String first(Reason reason) {
        return withTarget(files(reason).get(0));
    }

    /** Returns a file's path; for a link with its target. */
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
        /** The stems of the files that are read. */
        private final Set<Path> stems = new HashSet<>();
        /** The folders of the files that are read. */
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
                return false; // opening a pipe would block
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
