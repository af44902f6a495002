package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Texts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.synthetic.SyntheticDataSet;
import org.rlr.model.train.ValidationSplit;
import org.rlr.tensor.InvalidSettingException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr data synthesize}. */
@Command(
        name = "synthesize",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Make a labelled data set from normal images that were held out of training: each image unchanged, "
                    + "and with synthetic defects (CutPaste) and masks.",
            "Use it to choose settings with 'rlr evaluate' when you must not look at the test images."
        })
final class DataSynthesizeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "The data set.")
    private Path data;

    @Mixin
    private LayoutOption layout;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "Use the images that the training of this model held out with --validation (default: the "
                    + "data set's own validation images).")
    private Path model;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "New or empty folder for the data set, in MVTec layout.")
    private Path out;

    @Option(
            names = "--per-image",
            paramLabel = "N",
            defaultValue = "1",
            description = "Images to make from each image for each kind of defect, patch and scar (default: "
                    + "${DEFAULT-VALUE}).")
    private int perImage;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "3407",
            description = "Seed of the defects (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() {
        InvalidSettingException.require(perImage >= 1, "perImage", perImage, "at least 1");
        DataSet set = layout.read(data, spec);
        Map<String, List<ImageSource>> normal =
                model == null ? validation(set) : heldOut(set.requireTraining(), ModelFile.info(model));
        int images = normal.values().stream().mapToInt(List::size).sum();
        int defects;
        try (ProgressBar bar = ProgressBars.images("pasting", images)) {
            defects = SyntheticDataSet.write(normal, out, perImage, seed, bar::step);
        }
        PrintWriter text = spec.commandLine().getOut();
        text.printf(
                "%s: %s of %s that were held out, and %d with synthetic defects%n",
                FileNames.printable(out),
                Texts.count(images, "normal image"),
                Texts.count(normal.size(), "class"),
                defects);
        text.flush();
        return 0;
    }

    private Map<String, List<ImageSource>> validation(DataSet set) {
        if (set.validation().isEmpty()) {
            throw new DataSetException(
                    data + " has no validation images of its own (layout " + set.layout() + ")",
                    "give a model whose training held images out with --model, or train one with --validation 0.1",
                    null);
        }
        Map<String, List<ImageSource>> normal = new LinkedHashMap<>();
        set.classes()
                .forEach(each -> normal.put(
                        each.name(),
                        each.validation().stream().map(Sample::image).toList()));
        return normal;
    }

    private Map<String, List<ImageSource>> heldOut(DataSet set, ModelInfo info) {
        if (info.training() == null || info.training().validation() == null) {
            throw new ModelException(
                    ModelException.Reason.DOES_NOT_FIT,
                    model + " was trained without held-out images",
                    "train with --validation 0.1, or omit --model for a data set with validation images",
                    null);
        }
        Map<String, List<ImageSource>> normal = ValidationSplit.heldOut(
                set, info.training().validation(), info.training().seed());
        int learned = set.train().size()
                - normal.values().stream().mapToInt(List::size).sum();
        if (learned != info.images() || !info.classes().equals(List.copyOf(normal.keySet()))) {
            throw new ModelException(
                    ModelException.Reason.DOES_NOT_FIT,
                    model + " was trained on " + Texts.count(info.images(), "image") + " of "
                            + String.join(", ", info.classes())
                            + ", but " + data + " gives " + Texts.count(learned, "training image") + " of "
                            + String.join(", ", normal.keySet()),
                    "give the data set that it was trained on",
                    null);
        }
        return normal;
    }
}
