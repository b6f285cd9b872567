;; The inner loops of flow-kernels.ts with SIMD, four pixels at a time. Pointers are bytes, multiples of 16, of float32
;; planes with room for four more values behind the last: a row's last four may reach into the next row, which is
;; written after it. Counts are elements, rounded up to fours. scripts/assemble-kernels.mjs makes flow-kernels-wasm.ts of
;; this.
(module
  (import "muybridge" "memory" (memory 1))

  (func (export "multiply") (param $a i32) (param $b i32) (param $products i32) (param $count i32)
    (local $at i32) (local $bytes i32)
    (local.set $bytes (i32.shl (local.get $count) (i32.const 2)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
      (v128.store (i32.add (local.get $products) (local.get $at))
        (f32x4.mul
          (v128.load (i32.add (local.get $a) (local.get $at)))
          (v128.load (i32.add (local.get $b) (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next))))

  ;; $columns has eight zeros before it; it is width long, and there is room for twelve more behind it.
  (func (export "windowSums")
    (param $plane i32) (param $sums i32) (param $columns i32) (param $width i32) (param $height i32) (param $radius i32)
    (local $y i32) (local $row i32) (local $reach i32) (local $stride i32) (local $x i32) (local $k i32)
    (local $entering i32) (local $leaving i32) (local $sum v128)
    (local.set $stride (i32.shl (local.get $width) (i32.const 2)))
    (local.set $reach (i32.shl (local.get $radius) (i32.const 2)))
    (local.set $x (i32.const 0))
    (block $cleared (loop $clear
      (br_if $cleared (i32.ge_s (local.get $x) (local.get $stride)))
      (v128.store (i32.add (local.get $columns) (local.get $x)) (v128.const f32x4 0 0 0 0))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br $clear)))
    ;; Rows enter the sums `radius` rows before they are the middle.
    (local.set $y (i32.sub (i32.const 0) (local.get $radius)))
    (block $done (loop $nextRow
      (br_if $done (i32.ge_s (local.get $y) (local.get $height)))
      (if (i32.lt_s (i32.add (local.get $y) (local.get $radius)) (local.get $height)) (then
        (local.set $entering (i32.add (local.get $plane)
          (i32.mul (i32.add (local.get $y) (local.get $radius)) (local.get $stride))))
        (local.set $x (i32.const 0))
        (block $entered (loop $enter
          (br_if $entered (i32.ge_s (local.get $x) (local.get $stride)))
          (v128.store (i32.add (local.get $columns) (local.get $x))
            (f32x4.add
              (v128.load (i32.add (local.get $columns) (local.get $x)))
              (v128.load (i32.add (local.get $entering) (local.get $x)))))
          (local.set $x (i32.add (local.get $x) (i32.const 16)))
          (br $enter)))))
      (local.set $k (i32.sub (i32.sub (local.get $y) (local.get $radius)) (i32.const 1)))
      (if (i32.ge_s (local.get $k) (i32.const 0)) (then
        (local.set $leaving (i32.add (local.get $plane) (i32.mul (local.get $k) (local.get $stride))))
        (local.set $x (i32.const 0))
        (block $left (loop $leave
          (br_if $left (i32.ge_s (local.get $x) (local.get $stride)))
          (v128.store (i32.add (local.get $columns) (local.get $x))
            (f32x4.sub
              (v128.load (i32.add (local.get $columns) (local.get $x)))
              (v128.load (i32.add (local.get $leaving) (local.get $x)))))
          (local.set $x (i32.add (local.get $x) (i32.const 16)))
          (br $leave)))))
      ;; What spilled over from the next row.
      (v128.store (i32.add (local.get $columns) (local.get $stride)) (v128.const f32x4 0 0 0 0))
      (v128.store offset=16 (i32.add (local.get $columns) (local.get $stride)) (v128.const f32x4 0 0 0 0))
      (if (i32.ge_s (local.get $y) (i32.const 0)) (then
        (local.set $row (i32.add (local.get $sums) (i32.mul (local.get $y) (local.get $stride))))
        (local.set $x (i32.const 0))
        (block $rowDone (loop $next
          (br_if $rowDone (i32.ge_s (local.get $x) (local.get $stride)))
          (local.set $k (i32.sub (local.get $x) (local.get $reach)))
          (local.set $sum (v128.load (i32.add (local.get $columns) (local.get $k))))
          (block $summed (loop $add
            (local.set $k (i32.add (local.get $k) (i32.const 4)))
            (br_if $summed (i32.gt_s (local.get $k) (i32.add (local.get $x) (local.get $reach))))
            (local.set $sum (f32x4.add (local.get $sum)
              (v128.load (i32.add (local.get $columns) (local.get $k)))))
            (br $add)))
          (v128.store (i32.add (local.get $row) (local.get $x)) (local.get $sum))
          (local.set $x (i32.add (local.get $x) (i32.const 16)))
          (br $next)))))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br $nextRow))))

  (func (export "invert") (param $xx i32) (param $xy i32) (param $yy i32) (param $count i32) (param $ridge f32)
    (local $end i32) (local $a v128) (local $b v128) (local $c v128) (local $scale v128)
    (local.set $end (i32.add (local.get $xx) (i32.shl (local.get $count) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $xx) (local.get $end)))
      (local.set $a (f32x4.add (v128.load (local.get $xx)) (f32x4.splat (local.get $ridge))))
      (local.set $b (v128.load (local.get $xy)))
      (local.set $c (f32x4.add (v128.load (local.get $yy)) (f32x4.splat (local.get $ridge))))
      (local.set $scale (f32x4.div (v128.const f32x4 1 1 1 1)
        (f32x4.sub
          (f32x4.mul (local.get $a) (local.get $c))
          (f32x4.mul (local.get $b) (local.get $b)))))
      (v128.store (local.get $xx) (f32x4.mul (local.get $c) (local.get $scale)))
      (v128.store (local.get $xy) (f32x4.neg (f32x4.mul (local.get $b) (local.get $scale))))
      (v128.store (local.get $yy) (f32x4.mul (local.get $a) (local.get $scale)))
      (local.set $xx (i32.add (local.get $xx) (i32.const 16)))
      (local.set $xy (i32.add (local.get $xy) (i32.const 16)))
      (local.set $yy (i32.add (local.get $yy) (i32.const 16)))
      (br $next))))

  (func (export "compare")
    (param $first i32) (param $slopeX i32) (param $slopeY i32) (param $second i32) (param $u i32) (param $v i32)
    (param $productX i32) (param $productY i32) (param $width i32) (param $height i32)
    (local $x i32) (local $y i32) (local $at i32) (local $stride i32)
    (local $right v128) (local $bottom v128) (local $lastColumn v128) (local $lastRow v128)
    (local $toX v128) (local $toY v128) (local $inside v128) (local $column v128) (local $row v128)
    (local $places v128) (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $low v128) (local $high v128) (local $left v128) (local $next v128)
    (local $alongX v128) (local $upper v128) (local $lower v128) (local $change v128)
    (local.set $stride (i32.shl (local.get $width) (i32.const 2)))
    (local.set $right (f32x4.convert_i32x4_s (i32x4.splat (i32.sub (local.get $width) (i32.const 1)))))
    (local.set $bottom (f32x4.convert_i32x4_s (i32x4.splat (i32.sub (local.get $height) (i32.const 1)))))
    (local.set $lastColumn (i32x4.splat (i32.sub (local.get $width) (i32.const 2))))
    (local.set $lastRow (i32x4.splat (i32.sub (local.get $height) (i32.const 2))))
    (block $done (loop $nextRow
      (br_if $done (i32.ge_s (local.get $y) (local.get $height)))
      (local.set $x (i32.const 0))
      (local.set $at (i32.mul (local.get $y) (local.get $stride)))
      (block $rowDone (loop $nextFour
        (br_if $rowDone (i32.ge_s (local.get $x) (local.get $width)))
        (local.set $toX (f32x4.add
          (f32x4.convert_i32x4_s (i32x4.add (i32x4.splat (local.get $x)) (v128.const i32x4 0 1 2 3)))
          (v128.load (i32.add (local.get $u) (local.get $at)))))
        (local.set $toY (f32x4.add
          (f32x4.convert_i32x4_s (i32x4.splat (local.get $y)))
          (v128.load (i32.add (local.get $v) (local.get $at)))))
        (local.set $inside (v128.and
          (v128.and
            (f32x4.ge (local.get $toX) (v128.const f32x4 0 0 0 0))
            (f32x4.le (local.get $toX) (local.get $right)))
          (v128.and
            (f32x4.ge (local.get $toY) (v128.const f32x4 0 0 0 0))
            (f32x4.le (local.get $toY) (local.get $bottom)))))
        ;; Held inside whatever the flow is: nothing outside is read.
        (local.set $column (i32x4.max_s (v128.const i32x4 0 0 0 0)
          (i32x4.min_s (i32x4.trunc_sat_f32x4_s (local.get $toX)) (local.get $lastColumn))))
        (local.set $row (i32x4.max_s (v128.const i32x4 0 0 0 0)
          (i32x4.min_s (i32x4.trunc_sat_f32x4_s (local.get $toY)) (local.get $lastRow))))
        (local.set $places (i32x4.add (i32x4.splat (local.get $second)) (i32x4.shl
          (i32x4.add (i32x4.mul (local.get $row) (i32x4.splat (local.get $width))) (local.get $column))
          (i32.const 2))))
        (local.set $p0 (i32x4.extract_lane 0 (local.get $places)))
        (local.set $p1 (i32x4.extract_lane 1 (local.get $places)))
        (local.set $p2 (i32x4.extract_lane 2 (local.get $places)))
        (local.set $p3 (i32x4.extract_lane 3 (local.get $places)))
        (local.set $alongX (f32x4.sub (local.get $toX) (f32x4.convert_i32x4_s (local.get $column))))
        ;; A pixel and its neighbour to the right, for two lanes at a time.
        (local.set $low (v128.load64_lane 1 (local.get $p1) (v128.load64_zero (local.get $p0))))
        (local.set $high (v128.load64_lane 1 (local.get $p3) (v128.load64_zero (local.get $p2))))
        (local.set $left (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
          (local.get $low) (local.get $high)))
        (local.set $next (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
          (local.get $low) (local.get $high)))
        (local.set $upper (f32x4.add (local.get $left)
          (f32x4.mul (local.get $alongX) (f32x4.sub (local.get $next) (local.get $left)))))
        (local.set $low (v128.load64_lane 1 (i32.add (local.get $p1) (local.get $stride))
          (v128.load64_zero (i32.add (local.get $p0) (local.get $stride)))))
        (local.set $high (v128.load64_lane 1 (i32.add (local.get $p3) (local.get $stride))
          (v128.load64_zero (i32.add (local.get $p2) (local.get $stride)))))
        (local.set $left (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
          (local.get $low) (local.get $high)))
        (local.set $next (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
          (local.get $low) (local.get $high)))
        (local.set $lower (f32x4.add (local.get $left)
          (f32x4.mul (local.get $alongX) (f32x4.sub (local.get $next) (local.get $left)))))
        (local.set $change (v128.and (local.get $inside)
          (f32x4.sub
            (f32x4.sub (v128.load (i32.add (local.get $first) (local.get $at))) (local.get $upper))
            (f32x4.mul
              (f32x4.sub (local.get $toY) (f32x4.convert_i32x4_s (local.get $row)))
              (f32x4.sub (local.get $lower) (local.get $upper))))))
        (v128.store (i32.add (local.get $productX) (local.get $at))
          (f32x4.mul (local.get $change) (v128.load (i32.add (local.get $slopeX) (local.get $at)))))
        (v128.store (i32.add (local.get $productY) (local.get $at))
          (f32x4.mul (local.get $change) (v128.load (i32.add (local.get $slopeY) (local.get $at)))))
        (local.set $x (i32.add (local.get $x) (i32.const 4)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $nextFour)))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br $nextRow))))

  ;; flow += ownInverse * ownSum + xy * otherSum, no further than the limit.
  (func (export "step")
    (param $flow i32) (param $ownInverse i32) (param $ownSum i32) (param $xy i32) (param $otherSum i32)
    (param $count i32) (param $limit f32)
    (local $at i32) (local $bytes i32) (local $step v128)
    (local.set $bytes (i32.shl (local.get $count) (i32.const 2)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
      (local.set $step (f32x4.add
        (f32x4.mul
          (v128.load (i32.add (local.get $ownInverse) (local.get $at)))
          (v128.load (i32.add (local.get $ownSum) (local.get $at))))
        (f32x4.mul
          (v128.load (i32.add (local.get $xy) (local.get $at)))
          (v128.load (i32.add (local.get $otherSum) (local.get $at))))))
      (v128.store (i32.add (local.get $flow) (local.get $at))
        (f32x4.add (v128.load (i32.add (local.get $flow) (local.get $at)))
          (f32x4.max (f32x4.splat (f32.neg (local.get $limit)))
            (f32x4.min (local.get $step) (f32x4.splat (local.get $limit))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next))))
)
