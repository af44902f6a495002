package org.rlr.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.Images;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import scala.Option;
import scala.Tuple3;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Adds the SQL function {@code rlr_score(content)}, or {@code rlr_score(content, class)}, to sessions started with
 * {@code spark.sql.extensions=org.rlr.spark.RlrExtensions}. It returns a struct of the columns that
 * {@link RlrSpark#score(org.apache.spark.sql.Dataset, String, ScoreOptions)} adds to {@code path}, with the error of an
 * image that cannot be examined.
 *
 * <p>Session settings, which may change between queries:
 *
 * <ul>
 *   <li>{@code spark.rlr.model}: path of the model file, read by the driver; required
 *   <li>{@code spark.rlr.map}, {@code spark.rlr.backend}, {@code spark.rlr.maxConcurrent}, {@code spark.rlr.maxPixels}:
 *       as in {@link ScoreOptions}
 * </ul>
 */
public final class RlrExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
    private static final String NAME = "rlr_score";
    private static final String SETTINGS = "spark.rlr.";

    /** Called by Spark. */
    public RlrExtensions() {}

    /**
     * Called by Spark when a session starts.
     *
     * @param extensions the session's extensions
     * @return nothing
     */
    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        ExpressionInfo info = new ExpressionInfo(
                ScalaUDF.class.getName(),
                "",
                NAME,
                NAME + "(content[, class]) - Returns the anomaly score, verdict and regions of an image by the model "
                        + SETTINGS + "model.",
                "",
                "",
                "",
                "",
                "",
                "",
                "scala_udf");
        extensions.injectFunction(new Tuple3<>(new FunctionIdentifier(NAME), info, new Builder()));
        return BoxedUnit.UNIT;
    }

    /** Builds the expression for a call of the function, with the session's settings. */
    private static final class Builder extends AbstractFunction1<Seq<Expression>, Expression> {
        @Override
        public Expression apply(Seq<Expression> arguments) {
            InvalidSettingException.require(
                    arguments.size() == 1 || arguments.size() == 2,
                    NAME,
                    arguments.mkString(", "),
                    "the content of an image and, if known, its class");
            SparkSession session = SparkSession.active();
            String model = setting(session, "model", "");
            if (model.isEmpty()) {
                throw new InvalidSettingException(
                        SETTINGS + "model",
                        null,
                        "the path of a model file",
                        SETTINGS + "model is not set",
                        "set " + SETTINGS + "model to the path of a model file");
            }
            ScoreOptions options = ScoreOptions.builder()
                    .map(Boolean.parseBoolean(setting(session, "map", "false")))
                    .backend(setting(session, "backend", "auto"))
                    .maxConcurrent((int) number(session, "maxConcurrent", 0))
                    .maxPixels(number(session, "maxPixels", Images.MAX_PIXELS))
                    .build();
            ImageScorer scorer = new ImageScorer(SharedModel.of(session, model), options);
            Seq<Expression> both = arguments.size() == 2
                    ? arguments
                    : CollectionConverters.asScala(List.of(arguments.head(), new Literal(null, DataTypes.StringType)))
                            .toSeq();
            // marked as non-deterministic, so that the optimiser does not evaluate it twice
            return new ScalaUDF(
                    new Call(scorer),
                    scorer.schema(),
                    both,
                    CollectionConverters.<Option<org.apache.spark.sql.catalyst.encoders.ExpressionEncoder<?>>>asScala(
                                    List.of())
                            .toSeq(),
                    Option.empty(),
                    Option.apply(NAME),
                    false,
                    false);
        }

        private static String setting(SparkSession session, String name, String standard) {
            return session.conf().get(SETTINGS + name, standard);
        }

        private static long number(SparkSession session, String name, long standard) {
            String text = setting(session, name, String.valueOf(standard));
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                throw new InvalidSettingException(SETTINGS + name, text, "a whole number");
            }
        }
    }

    /** A call of the function on an executor. */
    private static final class Call extends AbstractFunction2<Object, Object, Row> implements Serializable {
        private final ImageScorer scorer;

        Call(ImageScorer scorer) {
            this.scorer = scorer;
        }

        @Override
        public Row apply(@Nullable Object content, @Nullable Object className) {
            if (content != null && !(content instanceof byte[])) {
                // Spark shows only the message
                throw new RlrException(NAME + " got " + content + "; pass it the bytes of an image file (BINARY),"
                        + " such as the column content of the data source binaryFile");
            }
            return scorer.score(null, (byte[]) content, className == null ? null : className.toString());
        }
    }
}
