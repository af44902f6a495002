package org.rlr.model.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.Images;
import org.rlr.model.train.OutputLock;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What a command line is about to write, looked at before anything is computed: hours later it is too late to learn
 * that a file cannot be written, and nothing that a command reads may be replaced by what it writes.
 */
final class OutputFiles {
    private static final Set<String> OUTPUTS = Set.of(
            "--out",
            "--json",
            "--report",
            "--metrics",
            "--checkpoint",
            "--best-on-test",
            "--summary",
            "--safetensors",
            "--onnx");

    /** Commands that write after hours what another of them must not replace; one is of decoders, too. */
    private static final Set<String> TRAININGS = Set.of("train", "ablate");

    /** A path of the command line; {@code name} is its option, or what the help calls it. */
    private record Named(String name, Path path, boolean folder) {}

    private OutputFiles() {}

    /**
     * Checks the paths of the command that is to run.
     *
     * @return the lock of what a training writes, to be held while it runs; null for other commands
     * @throws RlrException naming the path, its option and the remedy
     */
    static @Nullable OutputLock check(ParseResult parsed) {
        ParseResult command = parsed;
        while (command.hasSubcommand()) {
            command = command.subcommand();
        }
        if (command.isUsageHelpRequested() || command.isVersionHelpRequested()) {
            return null;
        }
        String name = command.commandSpec().name();
        List<Named> outputs = new ArrayList<>();
        List<Named> inputs = new ArrayList<>();
        for (ArgSpec arg : new LinkedHashSet<>(command.matchedArgs())) { // an option that is repeated is there twice
            String option = arg instanceof OptionSpec named ? named.longestName() : arg.paramLabel();
            (OUTPUTS.contains(option) ? outputs : inputs).addAll(paths(option, arg));
        }
        for (int i = 0; i < outputs.size(); i++) {
            requireWritable(outputs.get(i).path, outputs.get(i).name, outputs.get(i).folder);
            requireApart(outputs.get(i), outputs.subList(0, i), inputs, name);
        }
        return TRAININGS.contains(name)
                ? OutputLock.of(outputs.stream().collect(Collectors.toMap(Named::name, Named::path)))
                : null;
    }

    private static List<Named> paths(String name, ArgSpec arg) {
        Object value = arg.getValue();
        Collection<?> values = value instanceof Collection<?> many ? many : value == null ? List.of() : List.of(value);
        return values.stream()
                .filter(Path.class::isInstance)
                .map(path -> new Named(name, (Path) path, arg.paramLabel().equals("DIR")))
                .toList();
    }

    /**
     * Folders that are missing are made when they are needed; the nearest that there is tells.
     *
     * @param option names the path
     * @param isFolder whether a folder is to be written, or a file
     * @throws RlrException naming the path, the option and the remedy
     */
    private static void requireWritable(Path path, String option, boolean isFolder) {
        String remedy = "choose another " + option;
        if (isFolder && Files.exists(path) && !Files.isDirectory(path)) {
            throw unwritable(path + " is a file, and " + option + " names a folder", remedy, null);
        }
        if (!isFolder && Files.isDirectory(path)) {
            throw unwritable(
                    path + " is a folder, and " + option + " names the file to write", "give a name in it", null);
        }
        if (Files.exists(path) && !Files.isWritable(path)) {
            throw unwritable("cannot write " + path + ": it is write-protected", remedy, null);
        }
        if (special(path)) {
            return; // written to directly, whoever may write to its folder
        }
        Path folder = isFolder && Files.isDirectory(path)
                ? path
                : path.toAbsolutePath().getParent();
        while (folder != null && Files.notExists(folder)) {
            folder = folder.getParent();
        }
        if (folder != null && !Files.isDirectory(folder)) {
            throw unwritable("cannot write " + path + ": " + folder + " is no folder, but a file", remedy, null);
        }
        if (folder != null && !Files.isWritable(folder)) {
            throw unwritable("cannot write " + path + ": no permission to write to " + folder, remedy, null);
        }
    }

    private static ResourceException unwritable(String message, String remedy, @Nullable IOException cause) {
        return new ResourceException(ResourceException.Resource.DISK, message, remedy, cause);
    }

    /**
     * Checks that a file can be written whose folder is not made. @throws RlrException naming the path, the option and
     * the remedy
     */
    static void requireWritable(Path file, String option) {
        requireWritable(file, option, false);
        Path folder = file.toAbsolutePath().getParent();
        if (!special(file) && (folder == null || !Files.isDirectory(folder))) {
            throw unwritable("cannot write " + file + ": there is no folder " + folder, "make it first", null);
        }
    }

    /**
     * Checks files by the options that name them, null for those that are not asked for. @throws RlrException as
     * {@link #requireWritable(Path, String)}, or if two are the same
     */
    static void requireWritable(Map<String, Path> files) {
        Set<Path> seen = new HashSet<>();
        files.forEach((option, file) -> {
            if (file != null && !seen.add(file.toAbsolutePath().normalize())) {
                throw new RlrException(
                        file + " is named for two different files",
                        "give each of " + String.join(", ", files.keySet()) + " one of its own");
            }
        });
        files.forEach((option, file) -> {
            if (file != null) {
                requireWritable(file, option);
            }
        });
    }

    /** Whether it is neither a file nor a folder, as /dev/stdout. */
    private static boolean special(Path path) {
        return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
    }

    private static void requireApart(Named output, List<Named> earlier, List<Named> inputs, String command) {
        if (output.folder || special(output.path)) {
            return; // a device may be named twice
        }
        Path target = real(output.path);
        for (Named other : earlier) {
            if (real(other.path).equals(target)) {
                throw new RlrException(
                        output.path + " is named for two different files, by " + other.name + " and " + output.name,
                        "give each a file of its own");
            }
        }
        for (Named input : inputs) {
            if (Files.isRegularFile(input.path) && real(input.path).equals(target) && !meant(input, output, command)) {
                throw new RlrException(
                        output.name + " " + output.path + " would overwrite the file that " + input.name
                                + " names to be read",
                        "name another file to write");
            }
        }
        if (Files.isRegularFile(target) && Images.hasImageName(target)) {
            throw new RlrException(
                    output.name + " " + output.path + " would overwrite an image", "name another file to write");
        }
    }

    /** A training's state goes on where it was kept, and a threshold belongs into its model. */
    private static boolean meant(Named input, Named output, String command) {
        return (input.name.equals("--resume") && output.name.equals("--checkpoint"))
                || (command.equals("threshold") && input.name.equals("--model"));
    }

    /** The file that a path leads to, or would be made as. */
    static Path real(Path path) {
        try {
            Path whole = path.toAbsolutePath().normalize();
            Path folder = whole.getParent();
            return Files.exists(path)
                    ? path.toRealPath()
                    : folder != null && Files.isDirectory(folder)
                            ? folder.toRealPath().resolve(whole.getFileName())
                            : whole;
        } catch (IOException e) {
            throw unwritable(
                    "cannot find out where " + path + " leads: " + IoReason.of(e),
                    "check the permissions of its folders",
                    e);
        }
    }
}
