package org.rlr.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.ImageSource;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.Region;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/** Examines the images of a task with the detector of its process. */
final class ImageScorer implements Serializable {
    private static final DetectorPool<AnomalyDetector> DETECTORS = new DetectorPool<>();
    private static final StructType REGION = new StructType()
            .add("x", DataTypes.IntegerType)
            .add("y", DataTypes.IntegerType)
            .add("width", DataTypes.IntegerType)
            .add("height", DataTypes.IntegerType)
            .add("area", DataTypes.IntegerType)
            .add("peak", DataTypes.FloatType)
            .add("peak_x", DataTypes.IntegerType)
            .add("peak_y", DataTypes.IntegerType);
    private static final StructType MAP = new StructType()
            .add("width", DataTypes.IntegerType)
            .add("height", DataTypes.IntegerType)
            .add("values", DataTypes.createArrayType(DataTypes.FloatType, false));

    private final SharedModel model;
    private final ScoreOptions options;
    private transient DetectorPool<AnomalyDetector>.@Nullable Lease lease;

    ImageScorer(SharedModel model, ScoreOptions options) {
        this.model = model;
        this.options = options;
    }

    /** The key of a detector: its settings, and the digest of the model's contents. */
    private record Key(String model, String backend, int maxConcurrent, long maxPixels) {}

    /** The columns of a row that {@link #score} returns. */
    StructType schema() {
        StructType columns = new StructType()
                .add("score", DataTypes.DoubleType)
                .add("normalized_score", DataTypes.DoubleType)
                .add("anomalous", DataTypes.BooleanType)
                .add("threshold", DataTypes.DoubleType)
                .add("class", DataTypes.StringType)
                .add("unknown_product", DataTypes.BooleanType)
                .add("regions", DataTypes.createArrayType(REGION, false));
        return (options.map() ? columns.add("map", MAP) : columns).add("error", DataTypes.StringType);
    }

    /**
     * Examines an image.
     *
     * @param path names the image, and is read if content is null; may be null
     * @param content of the image file; null to read it from the path
     * @param className the product class; null to recognise it
     * @return {@link #schema}, with only the error if the image cannot be examined
     * @throws ResourceException if the executor lacks a resource that all images need
     * @throws CancelledException if the task was killed
     */
    Row score(@Nullable String path, byte @Nullable [] content, @Nullable String className) {
        TaskContext task = TaskContext.get();
        if (task == null) { // the driver evaluates a constant
            try (DetectorPool<AnomalyDetector>.Lease own = lease(1)) {
                return score(own, path, content, className);
            }
        }
        DetectorPool<AnomalyDetector>.Lease own = lease;
        if (own == null) {
            own = lease(task.cpus());
            lease = own;
            task.addTaskCompletionListener((TaskCompletionListener) ended -> close());
        }
        return score(own, path, content, className);
    }

    private void close() {
        if (lease != null) {
            lease.close();
            lease = null;
        }
    }

    private DetectorPool<AnomalyDetector>.Lease lease(int cpus) {
        return DETECTORS.lease(
                new Key(model.digest(), options.backend(), options.maxConcurrent(), options.maxPixels()),
                () -> open(cpus));
    }

    /**
     * Opens a detector for all tasks of this process: each task computes on its thread, helper threads use the other
     * cores.
     */
    private AnomalyDetector open(int cpus) {
        int tasks = Math.max(1, SparkEnv.get().conf().getInt("spark.executor.cores", cpus) / cpus);
        AnomalyDetector detector =
                AnomalyDetector.load(model.contents().value(), options.detector(1 + tasks * (cpus - 1)));
        try {
            Vectors.require(detector.model().backend());
            return detector;
        } catch (ResourceException e) {
            detector.close();
            throw e;
        }
    }

    private Row score(
            DetectorPool<AnomalyDetector>.Lease own,
            @Nullable String path,
            byte @Nullable [] content,
            @Nullable String className) {
        try {
            return own.examine(() -> examine(own.detector(), path, content, className));
        } catch (OutOfMemoryError e) {
            return failed(ResourceException.outOfMemory("an image was read", e));
        } catch (CancelledException e) {
            throw e;
        } catch (ResourceException e) {
            if (e.resource() != ResourceException.Resource.MEMORY) {
                throw e;
            }
            return failed(e); // failed alone, too: this executor has too little memory for this image
        } catch (RlrException e) {
            return failed(e);
        }
    }

    private Row examine(
            AnomalyDetector detector, @Nullable String path, byte @Nullable [] content, @Nullable String className) {
        if (content == null && path == null) {
            throw new ImageException(
                    ImageException.Reason.EMPTY, "the image is null", "set its content or its path", null);
        }
        String id = path == null ? "" : path;
        byte[] bytes = content == null ? ImageSource.of(id, () -> open(id)).content() : content;
        ImageSource image = ImageSource.of(id, bytes);
        Detection d = detector.detect(image, className);
        return row(d, image.size(), detector.model().recognizer() != null);
    }

    private static InputStream open(String path) throws IOException {
        Path file = new Path(path);
        return file.getFileSystem(SparkHadoopUtil.get().conf()).open(file);
    }

    private Row row(Detection d, ImageSize size, boolean recognizes) {
        List<Row> regions = d.regions(d.threshold(), size.width(), size.height()).stream()
                .map(ImageScorer::row)
                .toList();
        Row map = options.map() ? RowFactory.create(d.mapWidth(), d.mapHeight(), d.map()) : null;
        return row(
                map,
                d.score(),
                d.normalizedScore(),
                d.anomalous(),
                d.threshold(),
                d.className(),
                recognizes ? d.unknownProduct() : null,
                regions.toArray(),
                null);
    }

    private static Row row(Region r) {
        return RowFactory.create(r.x(), r.y(), r.width(), r.height(), r.area(), r.peak(), r.peakX(), r.peakY());
    }

    private Row failed(RlrException e) {
        return row(null, null, null, null, null, null, null, null, e.explanation());
    }

    /** Inserts the map, if requested, before the last column. */
    private Row row(@Nullable Row map, @Nullable Object... others) {
        if (!options.map()) {
            return RowFactory.create(others);
        }
        @Nullable Object[] all = new @Nullable Object[others.length + 1];
        System.arraycopy(others, 0, all, 0, others.length - 1);
        all[others.length - 1] = map;
        all[others.length] = others[others.length - 1];
        return RowFactory.create(all);
    }
}
