package org.rlr.spark;

import org.rlr.tensor.Device;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.Backend;

/**
 * Checks for the Vector API on executors. Nobody reads their log, where an application warns of slow kernels, so here
 * slow kernels are an error unless requested.
 */
final class Vectors {
    private static final String MODULE = "jdk.incubator.vector";

    private Vectors() {}

    /** @throws ResourceException if the backend's kernels are slow because this JVM lacks the Vector API */
    static void require(Backend backend) {
        if (backend.device().equals(Device.CPU)
                && ModuleLayer.boot().findModule(MODULE).isEmpty()
                && System.getProperty("rlr.cpu.kernels", "auto").equals("auto")) {
            throw new ResourceException(
                    ResourceException.Resource.BACKEND,
                    "this executor's JVM lacks the module " + MODULE + ", which makes it many times slower; set"
                            + " spark.executor.extraJavaOptions=--add-modules=" + MODULE + " (for a local master,"
                            + " spark.driver.extraJavaOptions), or accept the slow kernels with"
                            + " -Drlr.cpu.kernels=scalar in the same option",
                    "",
                    null);
        }
    }
}
