package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rlr.tensor.RlrException;

/**
 * The layout of MVTec AD, also of BTAD, MPDD and the prepared VisA: {@code <class>/train/good/*}, {@code <class>/test/good/*},
 * {@code <class>/test/<defect>/*}, {@code <class>/ground_truth/<defect>/*}. The root holds class folders or is itself one. The normal images'
 * folder may be called {@code ok}; file formats may be mixed; a mask is found by its name, see {@link MaskPairing}. Other files are ignored.
 */
public final class MvtecLayout implements DataLayout {
    private static final String[] NORMAL = {Sample.GOOD, "ok"};

    @Override
    public String name() {
        return "mvtec";
    }

    @Override
    public String description() {
        return "<class>/train/good, <class>/test/{good,<defect>} and <class>/ground_truth/<defect>";
    }

    @Override
    public boolean recognises(Path root) {
        return isClass(root) || Folders.subfolders(root).stream().anyMatch(MvtecLayout::isClass);
    }

    @Override
    public DataSet read(Path root) {
        if (isClass(root)) {
            return new DataSet(root, name(), List.of(readClass(root)));
        }
        List<ClassSamples> classes = Folders.subfolders(root).stream().filter(MvtecLayout::isClass).map(MvtecLayout::readClass).toList();
        if (classes.isEmpty()) {
            throw new RlrException("the folder " + root + " holds no class; expected " + description() + " (layout " + name() + ")");
        }
        return new DataSet(root, name(), classes);
    }

    private static boolean isClass(Path folder) {
        return Folders.subfolder(folder, "train") != null || Folders.subfolder(folder, "test") != null;
    }

    private static ClassSamples readClass(Path folder) {
        String name = Folders.nameOf(folder);
        ClassSamples samples = new ClassSamples(name, folder, readTrain(folder, name), readTest(folder, name));
        if (samples.train().isEmpty() && samples.test().isEmpty()) {
            throw new RlrException("class " + name + " in " + folder + " has no images; put normal ones (PNG, JPEG, BMP, GIF or TIFF) into "
                    + folder.resolve("train").resolve(Sample.GOOD));
        }
        return samples;
    }

    private static List<Sample> readTrain(Path folder, String name) {
        Path train = Folders.subfolder(folder, "train");
        if (train == null) {
            return List.of();
        }
        Path normal = Folders.subfolder(train, NORMAL);
        if (normal == null) {
            throw new RlrException("the folder " + train + " has no folder 'good'; put the normal images of class " + name + " into "
                    + train.resolve(Sample.GOOD));
        }
        return Images.list(normal).stream().map(image -> Sample.good(image, name)).toList();
    }

    private static List<Sample> readTest(Path folder, String name) {
        Path test = Folders.subfolder(folder, "test");
        if (test == null) {
            return List.of();
        }
        Path normal = Folders.subfolder(test, NORMAL);
        Path truth = Folders.subfolder(folder, "ground_truth");
        List<Sample> samples = new ArrayList<>();
        for (Path kind : Folders.subfolders(test)) {
            boolean good = kind.equals(normal);
            String defect = good ? Sample.GOOD : Folders.nameOf(kind);
            List<Path> images = Images.list(kind);
            Path maskFolder = truth == null ? null : Folders.subfolder(truth, Folders.nameOf(kind));
            Map<Path, Path> masks = maskFolder == null ? Map.of() : MaskPairing.pair(images, Images.list(maskFolder));
            for (Path image : images) {
                samples.add(new Sample(image, masks.get(image), name, defect, !good));
            }
        }
        return samples;
    }
}
