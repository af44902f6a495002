package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.PassedOver;
import picocli.CommandLine.Model.CommandSpec;

/** Images given as files and folders. */
final class InputImages {
    private InputImages() {}

    /** Returns the file of an image that was read from a folder. */
    static Path file(ImageSource image) {
        return Objects.requireNonNull(image.file(), image::id);
    }

    /**
     * Returns the files, and the images directly in the folders, in order; notes other files of a folder on standard
     * error. @throws RlrException if a folder contains no images
     */
    static List<Path> of(List<Path> inputs, CommandSpec spec) {
        List<Path> files = new ArrayList<>();
        for (Path input : inputs) {
            if (Files.isDirectory(input)) {
                List<Path> found = Images.list(input);
                if (found.isEmpty()) {
                    throw new DataSetException(
                            input + " holds no images" + Images.insteadOfImages(input),
                            "give image files, or a folder that contains some",
                            null);
                }
                files.addAll(found);
                PrintWriter err = spec.commandLine().getErr();
                PassedOver.of(input, found).note().ifPresent(note -> err.println("note: " + FileNames.printable(note)));
                err.flush();
            } else {
                files.add(input);
            }
        }
        return files;
    }
}
