package org.example;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.eval.Thresholding;
import org.rlr.model.train.RlrTraining;
import org.rlr.model.train.Trained;

/** Trains on images of a database, finds the threshold, evaluates the model and saves it. */
public final class InspectionTraining {
    /** The database. */
    public interface Images {
        /** Returns the ids of a product's images of a kind: normal, held-out, tested, scratch. */
        List<String> ids(String product, String kind);

        /** Opens the contents of an image file. */
        InputStream open(String id) throws IOException;
    }

    private final Images images;

    public InspectionTraining(Images images) {
        this.images = images;
    }

    /** Builds the data set, without reading images. */
    public DataSet data(List<String> products) {
        DataSet.Builder data = DataSet.builder();
        for (String product : products) {
            data.train(product, sources(product, "normal"));
            data.validation(product, sources(product, "held-out"));
            data.test(product, sources(product, "tested"));
            for (ImageSource scratched : sources(product, "scratch")) {
                data.defective(product, "scratch", scratched);
            }
        }
        return data.build();
    }

    private List<ImageSource> sources(String product, String kind) {
        return images.ids(product, kind).stream()
                .map(id -> ImageSource.of(id, () -> images.open(id)))
                .toList();
    }

    /** Resumes if called again after a cancellation. */
    public EvaluationResult train(DataSet data, Path model, BooleanSupplier stop) throws IOException {
        Thresholding rule = Thresholding.falseAlarmRate(0.2);
        rule.requireEnough(rule.samples(data));
        Path state = model.resolveSibling(model.getFileName() + ".checkpoint");
        RlrTraining training = RlrTraining.on(data)
                .config(c -> c.imageSize(64, 64).width(32).layers(2))
                .settings(s -> s.epochs(10).seed(7).validation(null)) // held out by data()
                .checkpoint(state, 5)
                .resume(Files.exists(state) ? state : null)
                .cancelWhen(stop);
        try (Trained trained = training.run()) {
            RlrModel finished = rule.of(trained.model(), data);
            ModelFile.save(finished, model);
            Files.delete(state);
            return new Evaluator(finished).evaluate(data);
        }
    }
}
