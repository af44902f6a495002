package org.rlr.model.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rlr.model.config.MapScale;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.Detection;
import org.rlr.model.report.Overlays;
import org.rlr.model.report.ScoredImage;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/** Writes a picture per image into a folder: image | mask, if any | map over the image, on one colour scale. */
final class OverlayWriter {
    private final Path folder;
    private final MapScale scale;
    private final Set<Path> written = new HashSet<>();

    OverlayWriter(Path folder, MapScale scale) {
        this.folder = folder;
        this.scale = scale;
        try {
            Files.createDirectories(folder);
        } catch (java.io.IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot create the folder " + folder + " for pictures: " + IoReason.of(e),
                    "choose another --out",
                    e);
        }
    }

    /** Returns the file for the picture of a test image. */
    static Path target(Path folder, Sample sample) {
        return folder.resolve(sample.className())
                .resolve(sample.defect())
                .resolve(stem(InputImages.file(sample.image())) + ".png");
    }

    /**
     * Checks, before images are examined, that their pictures in one folder do not replace any of them. @throws
     * RlrException if one does
     */
    static void requireApart(Path folder, List<Path> images) {
        requireApart(
                folder,
                images,
                images.stream()
                        .map(image -> folder.resolve(stem(image) + ".png"))
                        .toList());
    }

    /** Checks the same for the pictures of a data set's test images. */
    static void requireApart(Path folder, DataSet set) {
        requireApart(
                folder,
                Stream.of(set.train(), set.validation(), set.test())
                        .flatMap(List::stream)
                        .flatMap(sample -> Stream.concat(Stream.of(sample.image()), sample.masks().stream()))
                        .map(InputImages::file)
                        .toList(),
                set.test().stream().map(sample -> target(folder, sample)).toList());
    }

    private static void requireApart(Path folder, List<Path> images, List<Path> pictures) {
        Set<Path> read =
                images.stream().filter(Files::exists).map(OutputFiles::real).collect(Collectors.toSet());
        for (Path picture : pictures) {
            if (Files.exists(picture) && read.contains(OutputFiles.real(picture))) {
                throw new RlrException(
                        "--out " + folder + " contains the images: a picture would replace " + picture,
                        "give another folder");
            }
        }
    }

    /** Writes the picture of a test image as {@code <class>/<defect>/<stem>.png}. */
    void write(ScoredImage scored) {
        Sample sample = scored.sample();
        RgbImage picture = sample.image().read();
        save(target(folder, sample), scored.panel(picture, scale));
    }

    /** Writes an image beside its map as {@code <stem>.png}; repeated names get a number. */
    void write(Path file, RgbImage image, Detection d) {
        write(file, Overlays.panel(image, null, d.map(), d.mapHeight(), d.mapWidth(), scale));
    }

    /** Writes a finished picture of an image, named in the same way. */
    void write(Path file, RgbImage panel) {
        save(folder.resolve(stem(file) + ".png"), panel);
    }

    /** Writes a picture; repeated names get a number. */
    private void save(Path wanted, RgbImage panel) {
        Path target = wanted;
        for (int i = 2; !written.add(target); i++) {
            target = wanted.resolveSibling(stem(wanted) + "-" + i + ".png");
        }
        PngFile.write(target, panel);
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? name : name.substring(0, dot);
    }
}
