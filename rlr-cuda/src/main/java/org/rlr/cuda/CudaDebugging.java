package org.rlr.cuda;

/**
 * Switches for a researcher who looks for a mistake. System properties set those of a process and are read once, when
 * this class is loaded: all backends of a process have the same.
 *
 * @param careful whether speed is traded for what it takes to find a mistake: every kernel is waited for, memory
 *     neither rounded up nor reused; system property {@value #DEBUG}
 * @param cudnn whether cuDNN computes convolutions where it is there; system property {@value #CUDNN}
 */
record CudaDebugging(boolean careful, boolean cudnn) {
    private static final String DEBUG = "rlr.cuda.debug";
    private static final String CUDNN = "rlr.cuda.cudnn";

    /** What the system properties say. */
    static final CudaDebugging OF_PROCESS = new CudaDebugging(
            Boolean.getBoolean(DEBUG), !System.getProperty(CUDNN, "true").equals("false"));

    CudaDebugging withoutCudnn() {
        return new CudaDebugging(careful, false);
    }
}
