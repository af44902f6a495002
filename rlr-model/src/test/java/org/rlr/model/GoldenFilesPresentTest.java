package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.SafeTensorsFile;

/** All golden files, written by another implementation of the format, can be opened and read. */
class GoldenFilesPresentTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "anomaly-map",
                "backbone-efficientnet_b0",
                "backbone-resnet18",
                "backbone-resnet50",
                "backbone-tf_efficientnet_b0",
                "backbone-tf_efficientnet_b4",
                "backbone-tf_efficientnet_b6",
                "backbone-tf_efficientnet_lite0",
                "backbone-vit_base_patch14_dinov2",
                "backbone-vit_small_patch14_dinov2",
                "backbone-vit_small_patch14_reg4_dinov2",
                "backbone-wide_resnet50_2",
                "decoder",
                "metrics-continuous",
                "metrics-ties",
                "resize",
                "rlr-all-blocks",
                "rlr-ca-beside-mca-ref-len-3",
                "rlr-ca-ref-len-2",
                "rlr-gate",
                "rlr-gate-net",
                "rlr-grid32",
                "rlr-grid64",
                "rlr-mca-nsa",
                "rlr-msa-only",
                "rlr-ref-len-2",
                "rlr-zero-steps"
            })
    void everyTensorCanBeRead(String caseName) {
        try (SafeTensorsFile file = GoldenFiles.open(caseName)) {
            assertFalse(file.names().isEmpty());
            for (String name : file.names()) {
                float[] values = file.readFloats(name);
                assertEquals(file.entry(name).elements(), values.length);
                for (float value : values) {
                    assertTrue(Float.isFinite(value), name);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"resize-input.png", "resize-mask.png"})
    void picturesArePresent(String file) {
        assertTrue(Files.isRegularFile(GoldenFiles.path(file)));
    }
}
