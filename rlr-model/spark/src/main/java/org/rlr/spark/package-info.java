/**
 * Examines images and trains models on the executors of Apache Spark: {@link org.rlr.spark.RlrSpark} for applications,
 * {@link org.rlr.spark.RlrExtensions} for SQL and PySpark, {@link org.rlr.spark.ScoreImages} for {@code spark-submit}.
 */
@NullMarked
package org.rlr.spark;

import org.jspecify.annotations.NullMarked;
