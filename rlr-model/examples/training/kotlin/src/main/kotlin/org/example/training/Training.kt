package org.example.training

import java.nio.file.Path
import kotlin.system.exitProcess
import org.rlr.model.ModelFile
import org.rlr.model.config.Threshold
import org.rlr.model.data.DataSet
import org.rlr.model.data.ImageSource
import org.rlr.model.data.Images
import org.rlr.model.detect.AnomalyDetector
import org.rlr.model.detect.DetectorOptions
import org.rlr.model.eval.Thresholding
import org.rlr.model.train.EpochReport
import org.rlr.model.train.RlrTraining
import org.rlr.model.train.TrainingListener
import org.rlr.tensor.RlrException

private const val PRODUCT = "part"

/** One normal image in four is held out of training, to find the threshold. */
private const val KEPT = 4

/** Trains a model on images of normal parts, then examines other images: `training NORMAL MODEL IMAGE…`. */
fun main(args: Array<String>) {
    try {
        train(data(Path.of(args[0])), Path.of(args[1]), ImageSource.files(args.drop(2).map { Path.of(it) }))
    } catch (e: RlrException) {
        System.err.println(e.explanation())
        exitProcess(1)
    }
}

/**
 * A data set; reads no image yet. If images are not files: `ImageSource.of(id, bytes)` or `ImageSource.of(id) { stream
 * }`.
 */
private fun data(normal: Path): DataSet {
    val images = ImageSource.files(Images.list(normal)).withIndex()
    val (kept, trained) = images.partition { it.index % KEPT == 0 }
    return DataSet.builder()
        .train(PRODUCT, trained.map { it.value })
        .validation(PRODUCT, kept.map { it.value })
        .build()
}

private fun train(data: DataSet, file: Path, images: List<ImageSource>) {
    val rule = Thresholding.falseAlarmRate(0.1)
    rule.requireEnough(rule.samples(data)) // fails before training if there are too few
    val training = RlrTraining.on(data)
        .config { it.imageSize(64, 64).width(32).layers(2) } // small: this is an example
        .settings { it.epochs(10).seed(1).validation(null) } // held out above
        .listener(object : TrainingListener {
            override fun epoch(report: EpochReport) {
                println("epoch %d: loss %.4f".format(report.epoch, report.training.total))
            }
        })
    training.run().use { trained ->
        val model = rule.of(trained.model, data)
        ModelFile.save(model, file)
        println(text(model.info().thresholds.common))
        AnomalyDetector.of(model, DetectorOptions.DEFAULTS).use { detector ->
            for (image in images) {
                val detection = detector.detect(image)
                val verdict = if (detection.anomalous) "anomalous" else "normal"
                println("%s: score %.3f, %s".format(image.id(), detection.score, verdict))
            }
        }
    }
}

private fun text(threshold: Threshold): String {
    val found = "threshold %.3f, found with %d normal images".format(threshold.value, threshold.normal)
    // it is null if another rule found the threshold; the compiler requires this check
    val rate = threshold.falseAlarmRate ?: return found
    return found + "; %.1f %% false alarms expected".format(100 * rate.estimate)
}
