package org.rlr.spark;

import org.rlr.tensor.Device;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.Backend;

/**
 * The Vector API on executors. Nobody reads their log, where an application is told of slow kernels: here they are an
 * error, unless they were asked for.
 */
final class Vectors {
    private static final String MODULE = "jdk.incubator.vector";

    private Vectors() {}

    /** @throws ResourceException if the kernels of a backend are slow because of how this JVM was started */
    static void require(Backend backend) {
        if (backend.device().equals(Device.CPU)
                && ModuleLayer.boot().findModule(MODULE).isEmpty()
                && System.getProperty("rlr.cpu.kernels", "auto").equals("auto")) {
            throw new ResourceException(
                    ResourceException.Resource.BACKEND,
                    "the Java of this executor lacks the module " + MODULE + ", without which each image takes many"
                            + " times as long; start it with spark.executor.extraJavaOptions=--add-modules=" + MODULE
                            + " (where the master is local, spark.driver.extraJavaOptions), or accept the slow kernels"
                            + " with -Drlr.cpu.kernels=scalar in the same place",
                    "",
                    null);
        }
    }
}
