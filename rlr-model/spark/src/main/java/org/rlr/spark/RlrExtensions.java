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
 * Adds the SQL function {@code rlr_score(content)}, or {@code rlr_score(content, class)}, to sessions that are started
 * with {@code spark.sql.extensions=org.rlr.spark.RlrExtensions}. Its value is a struct of the columns that
 * {@link RlrSpark#score(org.apache.spark.sql.Dataset, String, ScoreOptions)} adds to {@code path}; an image that cannot
 * be examined has its error there.
 *
 * <p>Settings of the session, which may change from query to query:
 *
 * <ul>
 *   <li>{@code spark.rlr.model}: path of the model file, which the driver reads; required
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
     * @param extensions of the session
     * @return nothing
     */
    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        ExpressionInfo info = new ExpressionInfo(
                ScalaUDF.class.getName(),
                "",
                NAME,
                NAME + "(content[, class]) - The anomaly score, verdict and regions of an image by the model "
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

    /** Makes a call of the function an expression, with the session's settings. */
    private static final class Builder extends AbstractFunction1<Seq<Expression>, Expression> {
        @Override
        public Expression apply(Seq<Expression> arguments) {
            InvalidSettingException.require(
                    arguments.size() == 1 || arguments.size() == 2,
                    NAME,
                    arguments.mkString(", "),
                    "given the content of an image and, if it is known, its class");
            SparkSession session = SparkSession.active();
            String model = setting(session, "model", "");
            if (model.isEmpty()) {
                throw new InvalidSettingException(
                        SETTINGS + "model",
                        null,
                        "the path of a model file",
                        NAME + " has no model",
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
            // the optimiser does not compute what it takes for random twice
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
                // Spark shows the message alone
                throw new RlrException(NAME + " is given " + content + "; give it the bytes of an image file (BINARY),"
                        + " such as the column content of the data source binaryFile");
            }
            return scorer.score(null, (byte[]) content, className == null ? null : className.toString());
        }
    }
}
