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
 * Checks the output files of a command before it computes anything: an error hours later would be too late. Outputs
 * must be writable and must not replace the inputs.
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

    /**
     * Commands that run for hours and lock their output files; {@code train} is also the name of {@code decoder train}.
     */
    private static final Set<String> TRAININGS = Set.of("train", "ablate");

    /** A path of the command line; {@code name} is its option, or its label in the help. */
    private record Named(String name, Path path, boolean folder) {}

    private OutputFiles() {}

    /**
     * Checks the paths of a parsed command.
     *
     * @return the lock on the output files of a training, to hold while it runs; null for other commands
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
        for (ArgSpec arg : new LinkedHashSet<>(command.matchedArgs())) { // a repeated option occurs twice
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
     * Checks that a path can be written. Missing folders are created later, so the nearest existing folder is checked.
     *
     * @param option option that names the path
     * @param isFolder whether the path is a folder
     * @throws RlrException naming the path, the option and the remedy
     */
    private static void requireWritable(Path path, String option, boolean isFolder) {
        String remedy = "choose another " + option;
        if (isFolder && Files.exists(path) && !Files.isDirectory(path)) {
            throw unwritable(path + " is a file, but " + option + " needs a folder", remedy, null);
        }
        if (!isFolder && Files.isDirectory(path)) {
            throw unwritable(path + " is a folder, but " + option + " needs a file", "give a file name in it", null);
        }
        if (Files.exists(path) && !Files.isWritable(path)) {
            throw unwritable("cannot write " + path + ": it is write-protected", remedy, null);
        }
        if (special(path)) {
            return; // written directly; the permissions of its folder do not matter
        }
        Path folder = isFolder && Files.isDirectory(path)
                ? path
                : path.toAbsolutePath().getParent();
        while (folder != null && Files.notExists(folder)) {
            folder = folder.getParent();
        }
        if (folder != null && !Files.isDirectory(folder)) {
            throw unwritable("cannot write " + path + ": " + folder + " is a file", remedy, null);
        }
        if (folder != null && !Files.isWritable(folder)) {
            throw unwritable("cannot write " + path + ": no permission to write to " + folder, remedy, null);
        }
    }

    private static ResourceException unwritable(String message, String remedy, @Nullable IOException cause) {
        return new ResourceException(ResourceException.Resource.DISK, message, remedy, cause);
    }

    /**
     * Checks that a file can be written to an existing folder. @throws RlrException naming the path, the option and the
     * remedy
     */
    static void requireWritable(Path file, String option) {
        requireWritable(file, option, false);
        Path folder = file.toAbsolutePath().getParent();
        if (!special(file) && (folder == null || !Files.isDirectory(folder))) {
            throw unwritable(
                    "cannot write " + file + ": the folder " + folder + " does not exist", "create it first", null);
        }
    }

    /**
     * Checks files by option, null for options that are not given. @throws RlrException as
     * {@link #requireWritable(Path, String)}, or if two are the same
     */
    static void requireWritable(Map<String, Path> files) {
        Set<Path> seen = new HashSet<>();
        files.forEach((option, file) -> {
            if (file != null && !seen.add(file.toAbsolutePath().normalize())) {
                throw new RlrException(
                        file + " is given for two different files",
                        "give each of " + String.join(", ", files.keySet()) + " its own file");
            }
        });
        files.forEach((option, file) -> {
            if (file != null) {
                requireWritable(file, option);
            }
        });
    }

    /** Returns whether a path is neither a file nor a folder, such as /dev/stdout. */
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
                        output.path + " is given for two different files, by " + other.name + " and " + output.name,
                        "give each its own file");
            }
        }
        for (Named input : inputs) {
            if (Files.isRegularFile(input.path) && real(input.path).equals(target) && !meant(input, output, command)) {
                throw new RlrException(
                        output.name + " " + output.path + " would overwrite the input file of " + input.name,
                        "give another file to write");
            }
        }
        if (Files.isRegularFile(target) && Images.hasImageName(target)) {
            throw new RlrException(
                    output.name + " " + output.path + " would overwrite an image", "give another file to write");
        }
    }

    /** Returns whether an input may be overwritten: a checkpoint on resuming, a model by its threshold. */
    private static boolean meant(Named input, Named output, String command) {
        return (input.name.equals("--resume") && output.name.equals("--checkpoint"))
                || (command.equals("threshold") && input.name.equals("--model"));
    }

    /** Returns the real path of a file, also of one that does not exist yet. */
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
                    "cannot resolve the path " + path + ": " + IoReason.of(e),
                    "check the permissions of its folders",
                    e);
        }
    }
}
