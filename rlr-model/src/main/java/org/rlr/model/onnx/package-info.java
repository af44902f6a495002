/**
 * Models as ONNX files, for runtimes that are not Java; begin with {@link org.rlr.model.onnx.OnnxExport}. Needs
 * {@code org.tribuo:tribuo-util-onnx} on the class path.
 */
@NullMarked
package org.rlr.model.onnx;

import org.jspecify.annotations.NullMarked;
