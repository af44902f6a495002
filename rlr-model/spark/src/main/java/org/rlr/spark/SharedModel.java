package org.rlr.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.Sha256;
import org.rlr.tensor.io.TensorFileException;

/**
 * The contents of a model file, which are sent to each executor once.
 *
 * @param digest SHA-256 of the contents, in hexadecimal digits
 * @param contents the contents of the file
 */
record SharedModel(String digest, Broadcast<byte[]> contents) implements Serializable {
    private static final Map<String, SharedModel> SENT = new ConcurrentHashMap<>();

    /**
     * Reads a model through Hadoop, unless it was already sent and has not changed since.
     *
     * @throws org.rlr.tensor.RlrException if it cannot be read or is not a model
     */
    static SharedModel of(SparkSession session, String file) {
        Path path = new Path(file);
        try {
            FileSystem files = path.getFileSystem(session.sessionState().newHadoopConf());
            FileStatus status = files.getFileStatus(path);
            String key = status.getPath() + " " + status.getModificationTime() + " " + status.getLen();
            SharedModel sent = SENT.get(application(session) + key);
            if (sent != null) {
                return sent;
            }
            try (InputStream in = files.open(path)) {
                return send(session, key, file, in.readAllBytes());
            }
        } catch (IOException e) {
            boolean missing = e instanceof FileNotFoundException;
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE,
                    "the model " + file + (missing ? " does not exist" : " cannot be read (" + IoReason.of(e) + ")"),
                    "check its path, which the driver reads; without a scheme such as file:, a path is in the"
                            + " cluster's default file system",
                    e);
        }
    }

    /** Sends a model from memory. @throws org.rlr.tensor.RlrException if it is not a model */
    static SharedModel of(SparkSession session, byte[] contents) {
        return send(session, digest(contents), "the model in memory", contents);
    }

    private static SharedModel send(SparkSession session, String key, String source, byte[] contents) {
        try (SafeTensorsFile file = SafeTensorsFile.of(source, contents)) {
            ModelFile.info(file); // fails before the model is sent to any executor
        } catch (TensorFileException e) {
            throw ModelException.of(e);
        }
        String application = application(session);
        SENT.keySet().removeIf(old -> !old.startsWith(application));
        return SENT.computeIfAbsent(
                application + key,
                absent -> new SharedModel(
                        digest(contents),
                        JavaSparkContext.fromSparkContext(session.sparkContext())
                                .broadcast(contents)));
    }

    private static String application(SparkSession session) {
        return session.sparkContext().applicationId() + " ";
    }

    private static String digest(byte[] contents) {
        return new Sha256().add(contents).hex();
    }
}
